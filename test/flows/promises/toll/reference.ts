// What a day must come to, worked out plainly and without any code of the product: which messages pass the gates of the toll
// profile and why, in which order, and how many end otherwise. The rules are those of connectors/http/presets/toll.md.

import type { DayMessage } from './day.ts'

/** A position as it must arrive. */
export interface Due {
  readonly time: string
  readonly latitude: number
  readonly longitude: number
  readonly event: string
  readonly axles: number
}

export interface Expected {
  /** By device, in order. */
  readonly due: ReadonlyMap<string, readonly Due[]>
  readonly filtered: number
  readonly expired: number
  /** Rejected by a step, as they are no messages. */
  readonly broken: number
}

export interface ReferenceOptions {
  /** When it is looked at, in Unix seconds. */
  now(message: DayMessage): number
  /** Of the vehicle, for a position measured then. */
  axles(device: string, timestamp: number): number
}

interface Parsed {
  readonly timestamp: number
  readonly latitude: number
  readonly longitude: number
  readonly direction: number
  readonly speed: number
  readonly ignition: boolean | undefined
}

/** What is known of a vehicle among its live messages, or among those that came late. */
class Trail {
  passed: Parsed | null = null
  stands: boolean | null = null
  ignition: boolean | null = null
}

class Vehicle {
  readonly live = new Trail()
  readonly late = new Trail()
  recent: string[] = []
  readonly due: Due[] = []
}

export function expectedOf(day: readonly DayMessage[], { now, axles }: ReferenceOptions): Expected {
  const vehicles = new Map<string, Vehicle>()
  const counts = { filtered: 0, expired: 0, broken: 0 }
  for (const message of day) {
    const vehicle = vehicles.get(message.device) ?? new Vehicle()
    vehicles.set(message.device, vehicle)
    const outcome = gate(message, now(message))
    if (typeof outcome === 'string') {
      counts[outcome]++
      continue
    }
    const event = isRepeat(vehicle, outcome) ? null : passing(vehicle, outcome)
    if (event === null) {
      counts.filtered++
      continue
    }
    const { timestamp, latitude, longitude } = outcome
    vehicle.due.push({
      time: new Date(timestamp * 1000).toISOString().replace('.000Z', 'Z'),
      ...{ latitude: rounded(latitude), longitude: rounded(longitude), event },
      axles: axles(message.device, timestamp)
    })
  }
  return { due: new Map([...vehicles].map(([device, { due }]) => [device, due])), ...counts }
}

function gate({ text }: DayMessage, nowSeconds: number): Parsed | 'filtered' | 'expired' | 'broken' {
  if (!text.startsWith('{')) return 'broken'
  const fields = JSON.parse(text)
  const timestamp: unknown = fields.timestamp
  if (typeof timestamp !== 'number') return 'broken'
  if (nowSeconds - timestamp > 864_000 || timestamp - nowSeconds > 300) return 'expired'
  if (fields['position.valid'] === false) return 'filtered'
  if (fields['position.satellites'] < 4) return 'filtered'
  if ((fields['position.hdop'] ?? 0) > 5) return 'filtered'
  if (fields['position.latitude'] === undefined) return 'filtered'
  return {
    timestamp,
    latitude: fields['position.latitude'],
    longitude: fields['position.longitude'],
    direction: fields['position.direction'],
    speed: fields['position.speed'],
    ignition: fields['engine.ignition.status']
  }
}

/** One of the last twenty was measured at the same time at the same place. */
function isRepeat(vehicle: Vehicle, { timestamp, latitude, longitude }: Parsed): boolean {
  const mark = `${timestamp} ${latitude} ${longitude}`
  if (vehicle.recent.includes(mark)) return true
  vehicle.recent = [...vehicle.recent, mark].slice(-20)
  return false
}

/** Why the position is wanted; null where it is not. */
function passing(vehicle: Vehicle, message: Parsed): string | null {
  const isLate = vehicle.live.passed !== null && message.timestamp < vehicle.live.passed.timestamp
  const trail = isLate ? vehicle.late : vehicle.live
  const { ignition: wasOn, stands: stood, passed } = trail
  const stands = message.speed < 3
  trail.stands = stands
  if (message.ignition !== undefined) trail.ignition = message.ignition
  const why = reason({
    passed,
    message,
    stands,
    stood,
    hasSwitched: wasOn !== null && trail.ignition !== wasOn
  })
  if (why !== null) trail.passed = message
  return why
}

interface Case {
  readonly passed: Parsed | null
  readonly message: Parsed
  readonly stands: boolean
  readonly stood: boolean | null
  readonly hasSwitched: boolean
}

function reason({ passed, message, stands, stood, hasSwitched }: Case): string | null {
  if (passed === null) return 'first'
  if (hasSwitched) return 'ignition'
  if (stood !== null && stands !== stood) return stands ? 'stop' : 'start'
  const seconds = Math.abs(message.timestamp - passed.timestamp)
  if (stands) return seconds >= 300 ? 'heartbeat' : null
  if (seconds >= 300) return 'time'
  if (seconds >= 60 && metres(passed, message) >= 1_000) return 'distance'
  const angle = Math.abs(message.direction - passed.direction) % 360
  return Math.min(angle, 360 - angle) >= 40 ? 'turn' : null
}

/** On a globe, by the haversine formula. */
function metres(a: Parsed, b: Parsed): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const north = Math.sin(radians(b.latitude - a.latitude) / 2)
  const east = Math.sin(radians(b.longitude - a.longitude) / 2)
  const chord = north ** 2 + east ** 2 * Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude))
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(chord))
}

const rounded = (degrees: number) => Math.round(degrees * 1e6) / 1e6
