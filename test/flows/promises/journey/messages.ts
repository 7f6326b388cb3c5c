// The messages of a real fleet, each with something that no protocol on the way can carry, and what must be left of them at
// the end: what the page of Wialon Retranslator says it cannot carry (connectors/wialon/README.md), and nothing else.

import { readSample } from '../../../../processors/commands/simulate/fleet.ts'

export type Message = Readonly<Record<string, unknown>> & {
  readonly ident: string
  readonly timestamp: number
}

/** In the order in which they are sent; every device counts its own in `custom.seq`, as trackers send some twice. */
export function readMessages(): Message[] {
  const counts = new Map<string, number>()
  return readSample().map((line, at) => {
    const message: Message = JSON.parse(line)
    const seq = counts.get(message.ident) ?? 0
    counts.set(message.ident, seq + 1)
    return { ...message, 'custom.seq': seq, ...extras(message, at) }
  })
}

/** What is lost or changed on the way, a different thing in each of some messages; most are as the vehicles sent them. */
function extras({ timestamp, ...message }: Message, at: number): Record<string, unknown> {
  if (at % 10 === 0) return { timestamp: timestamp + 0.75 }
  if (at % 10 === 1) return { 'engine.ignition.status': Number(message['position.speed']) > 0 }
  if (at % 10 === 2) return { 'position.speed': Number(message['position.speed']) + 0.25 }
  if (at % 10 === 3) return { 'can.trailer.id': null, 'gsm.cells': [{ id: 7, level: -71 }], 'can.axles': {} }
  if (at % 10 === 4) return { 'driver.message': 'до \u20ac 5\u0000 and the rest' }
  if (at % 10 === 5) return { 'vehicle.mileage.counter': 9007199254740992 }
  return {}
}

/** What of a message arrives behind Wialon Retranslator. */
export function carried(message: Message): Record<string, unknown> {
  const entries = Object.entries(message).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'timestamp') return [[name, Math.floor(message.timestamp)]]
    if (name === 'position.speed') return [[name, Math.round(Number(value))]]
    if (name === 'position.direction') return [[name, Number(value) % 360]]
    if (typeof value === 'boolean') return [[name, value ? 1 : 0]]
    if (typeof value === 'object') return []
    return [[name, typeof value === 'string' ? value.split('\0', 1)[0] : value]]
  })
  return Object.fromEntries(entries)
}
