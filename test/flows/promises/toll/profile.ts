// The profile for toll systems as `tailrace init --profile toll` writes it, pointed at a double, and what is known of the
// vehicles of a day.

import { parse } from 'yaml'
import { tollStarter } from '../../../../processors/commands/init/toll.ts'

/** What the profile says of its stream. */
interface TollStream {
  readonly target: { readonly http: Readonly<Record<string, unknown>> }
}

/** The stream of the profile, with these settings of its target instead. */
export function tollStream(
  http: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> & TollStream {
  const { streams } = parse(tollStarter('')) as { streams: { toll: TollStream } } // as it is written
  const { toll } = streams
  return { ...toll, start: 'earliest', target: { http: { ...toll.target.http, ...http } } } as TollStream & // the same
    Readonly<Record<string, unknown>>
}

/** Every second vehicle has a trailer from then on, in Unix seconds. */
export function axlesOf(devices: readonly string[], fromSeconds: number) {
  const withTrailer = new Set(devices.filter((_, at) => at % 2 === 0))
  return (device: string, timestamp: number) => (withTrailer.has(device) && timestamp >= fromSeconds ? 4 : 2)
}

/** The file of attributes, in JSON, which is YAML; the vehicle of a device is called as the device. */
export function vehiclesFile(devices: readonly string[], fromSeconds: number): string {
  const axles = axlesOf(devices, fromSeconds)
  const vehicles = devices.map((device, at) => {
    const known = {
      tollId: device,
      plate: `CB ${1000 + at} AB`,
      country: 'BG',
      weightKg: 18_000,
      emissionClass: 'EURO_6'
    }
    const periods = [0, fromSeconds].map(validFrom => ({
      validFrom,
      ...known,
      axles: axles(device, validFrom)
    }))
    return [device, periods] as const
  })
  return JSON.stringify(Object.fromEntries(vehicles))
}
