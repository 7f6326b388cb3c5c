// A day of the fleet of the sample, as a toll stream meets it: the real messages of 122 vehicles, spread over a day, some
// with what devices in the field do: no fix, a bad one, memories that are sent late, clocks that are wrong, repeats, and an
// ignition that is told now and then.

import { readSample } from '../../../../processors/commands/simulate/fleet.ts'
import type { Random } from '../../../seeded.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface DayMessage {
  readonly device: string
  /** When it comes, in seconds since the day began. */
  readonly atSeconds: number
  /** As JSON; some are none. */
  readonly text: string
}

export interface DayOptions {
  readonly random: Random
  /** When the day began, in Unix seconds. */
  readonly startSeconds: number
  /** How often the sample is told in the day. */
  readonly rounds: number
}

const daySeconds = 86_400
const tooOldSeconds = 11 * daySeconds
/** Of every clock, however late in the day it was measured and however long the day takes to be told. */
const aheadSeconds = 2 * daySeconds

/** The messages in the order in which they come. */
export function dayOf({ random, startSeconds, rounds }: DayOptions): DayMessage[] {
  const sample = readSample().map(line => JSON.parse(line) as Fields) // objects, as the sample's own test shows
  const count = sample.length * rounds
  const newest = new Map<string, number>()
  const ignition = new Map<string, boolean>()
  const last = new Map<string, Fields>()
  const day: DayMessage[] = []
  for (let at = 0; at < count; at++) {
    const one = sample[at % sample.length] ?? {}
    const device = String(one.ident)
    const atSeconds = Math.floor((at / count) * daySeconds)
    if (at % sample.length === 0) newest.clear()
    const newestSoFar = Math.max(newest.get(device) ?? 0, Number(one.timestamp))
    newest.set(device, newestSoFar)
    const late = Math.max(0, newestSoFar - Number(one.timestamp))
    const timestamp = startSeconds + atSeconds - Math.min(late, 3_600)
    if (random() < 0.02) ignition.set(device, !(ignition.get(device) ?? true))
    const told = random() < 0.5 ? { 'engine.ignition.status': ignition.get(device) ?? true } : {}
    const fields = troubled({ ...one, timestamp, ...told }, random)
    const before = last.get(device)
    const sent = before !== undefined && random() < 0.02 ? before : fields
    last.set(device, sent)
    const text = random() < 0.0005 ? 'no json' : JSON.stringify(sent)
    day.push({ device, atSeconds, text })
  }
  return day
}

/** The message, or what is left of it where something is wrong. */
function troubled(fields: Fields, random: Random): Fields {
  const chance = random()
  const timestamp = Number(fields.timestamp)
  if (chance < 0.02) return { ...fields, 'position.valid': false }
  if (chance < 0.04) return { ...fields, 'position.satellites': 3 }
  if (chance < 0.07) return { ...fields, 'position.hdop': Math.round(random() * 80) / 10 }
  if (chance < 0.08) return { ...fields, timestamp: timestamp - tooOldSeconds }
  if (chance < 0.09) return { ...fields, timestamp: timestamp + aheadSeconds }
  if (chance < 0.1) return { ...fields, timestamp: timestamp - Math.floor(random() * 3_600) }
  if (chance < 0.11) return { ...fields, 'position.latitude': undefined }
  return chance < 0.1105 ? { ...fields, timestamp: 'now' } : fields
}
