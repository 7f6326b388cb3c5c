// Compares what a toll system has decided with what a day must come to.

import type { TollOffice } from './office.ts'
import type { Expected } from './reference.ts'

type Position = Readonly<Record<string, unknown>>

const shown = ({ time, latitude, longitude, event, axles }: Position) =>
  JSON.stringify([time, latitude, longitude, event, axles])

/** Devices whose positions are not those that are due, in order; a sentence each. The vehicle is called as the device. */
export function differing(office: TollOffice, { due }: Expected): string[] {
  const decided = office.decided()
  return [...new Set([...due.keys(), ...decided.keys()])].flatMap(device => {
    const found = (decided.get(device) ?? []).map(shown)
    const wanted = (due.get(device) ?? []).map(one => shown({ ...one }))
    const at = wanted.findIndex((text, index) => text !== found[index])
    if (at < 0 && found.length === wanted.length) return []
    return [`${device}: ${found.length} of ${wanted.length}, at ${at}: ${found[at]} instead of ${wanted[at]}`]
  })
}
