// The messages on which expressions are measured: real ones, as a fleet of mixed trackers would send them. The sample
// comes from trackers that all send the same fields, so some more are added, to make 32 shapes: with one shape alone
// the engine of JavaScript would know where every field lies, which it does not where a service runs.

import { readSample } from '../../../processors/commands/simulate/fleet.ts'
import type { Json } from '../../../processors/expression/values.ts'

/** Flat, with dotted names. */
export type Message = Record<string, Json>

/** The same with `position.speed` as the member `speed` of `position`. */
export type NestedMessage = Record<string, Json | Record<string, Json>>

const count = 1_000

/** A message has each of these or not, in front of its own fields: 2 to the power of 5 shapes. */
const optional = ['position.hdop', 'position.pdop', 'position.valid', 'din', 'gsm.signal.level']

/** Spread evenly over the sample. */
export function sampleMessages(): Message[] {
  const lines = readSample()
  return Array.from({ length: count }, (_, index) => {
    const line = lines[Math.floor((index * lines.length) / count)] ?? ''
    const added = optional.filter((_, bit) => (index >> bit) & 1).map(name => `"${name}":1,`)
    return decode(`{${added.join('')}${line.slice(1)}`)
  })
}

/** Decoded anew, since a deleted field would make slow objects of them. */
export function without(messages: readonly Message[], name: string): Message[] {
  return messages.map(({ [name]: _, ...others }) => decode(JSON.stringify(others)))
}

/** Names with several dots keep all but the first. */
export function nested(message: Message): NestedMessage {
  const plain: Message = {}
  const inner: Record<string, Record<string, Json>> = {}
  for (const [name, value] of Object.entries(message)) {
    const dot = name.indexOf('.')
    if (dot === -1) {
      plain[name] = value
      continue
    }
    const outer = name.slice(0, dot)
    const members = inner[outer] ?? {}
    members[name.slice(dot + 1)] = value
    inner[outer] = members
  }
  return { ...plain, ...inner }
}

function decode(text: string): Message {
  return JSON.parse(text) as Message // the sample holds flat objects only
}
