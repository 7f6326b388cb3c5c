// What became of each message of a case, and whether it is as promised: one end for each, and each device in order.

import type { Observed } from '../test/observe.ts'
import { parseRequest } from '../test/suite/lines.ts'
import { deviceOf } from '../test/suite/names.ts'

export interface Fate {
  /** gone: nothing is owed on it, as it was too old to be sent, or a step left it out. */
  readonly end: 'delivered' | 'dead letter' | 'held' | 'gone' | 'in Kafka'
  /** Why it is a dead letter or held, or what the stream waits for. */
  readonly why: string
  /** When it was sent last, in ms since the start; null if it never was. */
  readonly lastMs: number | null
  /** How often it was sent. */
  readonly sent: number
}

/** Messages that are not sent all the same, by their names, and why. */
export type LeftOut = ReadonlyMap<string, string>

const none: LeftOut = new Map()

export function fatesOf(names: readonly string[], observed: Observed, leftOut = none): Map<string, Fate> {
  const requests = observed.requests.flatMap(line => parseRequest(line) ?? [])
  return new Map(
    names.map(name => {
      const mine = requests.filter(request => request.names.includes(name))
      const lastMs = mine.at(-1)?.fromMs ?? null
      return [name, { ...endOf(name, observed, leftOut), lastMs, sent: mine.length }]
    })
  )
}

function endOf(
  name: string,
  { delivered, deadLetters, held, state, counts }: Observed,
  leftOut: LeftOut
): Pick<Fate, 'end' | 'why'> {
  if (delivered.includes(name)) return { end: 'delivered', why: '' }
  const letter = deadLetters.find(line => line.startsWith(`${name} `))
  if (letter !== undefined) return { end: 'dead letter', why: letter.slice(name.length + 1) }
  const reason = leftOut.get(name)
  if (reason !== undefined) return { end: 'gone', why: reason }
  const waiting = held.find(line => line.startsWith(`${deviceOf(name)} `))
  if (waiting !== undefined) return { end: 'held', why: waiting.split(' ').at(-1) ?? '' }
  const isGone = (counts.expired ?? 0) > 0 && state === 'running'
  return isGone ? { end: 'gone', why: 'too old to be sent (ttlSeconds)' } : { end: 'in Kafka', why: state }
}

/** What is not as promised; none if all is well. */
export function breaches(names: readonly string[], observed: Observed, leftOut = none): string[] {
  const { delivered, deadLetters, counts } = observed
  const twice = delivered.filter((name, at) => delivered.indexOf(name) !== at)
  const both = names.filter(
    name => delivered.includes(name) && deadLetters.some(line => line.startsWith(`${name} `))
  )
  const late = names.filter(name => {
    const later = names.filter(
      one => deviceOf(one) === deviceOf(name) && names.indexOf(one) > names.indexOf(name)
    )
    return delivered.includes(name) && later.some(one => isBefore(one, name, delivered))
  })
  return [
    ...twice.map(name => `${name} was confirmed twice`),
    ...both.map(name => `${name} was delivered and set aside`),
    ...late.map(name => `${name} was delivered after a later message of its device`),
    ...((counts.filtered ?? 0) > leftOut.size ? ['messages were filtered'] : [])
  ]
}

function isBefore(one: string, other: string, delivered: readonly string[]): boolean {
  const at = delivered.indexOf(one)
  return at >= 0 && at < delivered.indexOf(other)
}
