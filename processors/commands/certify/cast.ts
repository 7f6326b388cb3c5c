// Who plays in the cases: messages and devices with which the stream sends, as far as such can be thought of. What chooses
// among messages is not what is to be shown, so devices are played as some that `from` and `where` take, with attributes of
// a device that is known or made-up ones, and with the positions that steps ask for.

import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { channelsOf, type StreamConfig } from '../../../schemas/stream.ts'
import type { Attributes } from '../../attributes/attributes.ts'
import { Expression } from '../../expression/expression.ts'
import type { Json } from '../../expression/values.ts'
import { pipelineOf, type Surroundings } from '../../service/streams/steps.ts'
import type { Memories } from '../../steps/pipeline.ts'
import type { Sending } from '../test/suite/lines.ts'
import { deviceOf } from '../test/suite/names.ts'

export interface Cast {
  /** The stream as it is played: whoever sends is one of its devices. */
  readonly config: StreamConfig
  readonly surroundings: Surroundings
  /** What is in each message, by its name. */
  readonly values: Readonly<Record<string, Fields>>
  /** What of that is of note, for people. */
  readonly notes: readonly string[]
  /** Messages that are not sent all the same, by their names, and why. */
  readonly leftOut: ReadonlyMap<string, string>
}

type Fields = Readonly<Record<string, Json>>

/** The cast of whose messages the most are sent; of equals the plainest. */
export function castOf(stream: StreamConfig, surroundings: Surroundings, sendings: readonly Sending[]): Cast {
  const { attributes, note } = attributesFor(stream, surroundings.attributes)
  const config = { ...withoutWhere(stream), from: channelsOf(stream), paused: false }
  const casts = dresses.map(({ note: about, fields }): Cast => {
    const values = Object.fromEntries(
      sendings.flatMap(({ atMs, names }) => names.map(name => [name, fields(name, startMs + atMs)] as const))
    )
    const known = { ...surroundings, attributes }
    const leftOut = leftOutOf({ config, surroundings: known, values, sendings })
    return { config, surroundings: known, values, leftOut, notes: [...selection(stream), ...note, ...about] }
  })
  return casts.reduce((best, cast) => (cast.leftOut.size < best.leftOut.size ? cast : best))
}

function withoutWhere({ where: _, ...rest }: StreamConfig): StreamConfig {
  return rest
}

function selection({ from, where }: StreamConfig): string[] {
  const isChosen = where !== undefined || from.some(entry => entry.includes('/'))
  return isChosen ? ['devices that from and where take'] : []
}

/** When a case begins, in Unix ms. */
const startMs = new VirtualClock().now()

interface Dress {
  readonly note: readonly string[]
  fields(name: string, atMs: number): Fields
}

const plain = (name: string, atMs: number): Fields => ({
  ident: deviceOf(name),
  timestamp: Math.floor(atMs / 1_000),
  name
})

/** A kilometre and more to the north with each message. */
const moving = (name: string, atMs: number): Fields => ({
  ...plain(name, atMs),
  'position.valid': true,
  'position.latitude': 52 + numberOf(name) / 50,
  'position.longitude': 13,
  'position.altitude': 40,
  'position.speed': 50,
  'position.direction': 0,
  'position.satellites': 12,
  'position.hdop': 0.8,
  'engine.ignition.status': true
})

const apartMs = 600_000

const dresses: readonly Dress[] = [
  { note: [], fields: plain },
  { note: ['messages with positions'], fields: moving },
  {
    note: ['messages with positions, measured ten minutes apart'],
    fields: (name, atMs) => moving(name, atMs - (4 - numberOf(name)) * apartMs)
  }
]

const numberOf = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? 0)

interface Chosen {
  readonly attributes: Attributes
  readonly note: readonly string[]
}

/** Those of the first device that is known with all that is asked for, else made-up ones of the names that are required. */
function attributesFor({ requires, where }: StreamConfig, known: Attributes): Chosen {
  const condition = where === undefined ? null : new Expression(where)
  const suits = (fields: Fields) =>
    requires.every(name => (fields[name] ?? null) !== null) &&
    (condition?.test({ fields, previous: null, nowMs: startMs }) ?? true)
  for (const ident of known.idents()) {
    const found = known.of(ident, startMs) ?? known.of(ident, Date.now())
    if (found !== null && suits(found)) return { attributes: always(found), note: [`attributes of ${ident}`] }
  }
  if (requires.length === 0) return { attributes: known, note: [] }
  const made = Object.fromEntries(requires.map(name => [name, 1]))
  return { attributes: always(made), note: [`made-up attributes: ${requires.join(', ')}`] }
}

/** Every device has the same. */
function always(fields: Fields): Attributes {
  return { of: () => fields, idents: () => [], size: 0, watch: () => () => {} }
}

/** Sends the messages through the steps alone. */
function leftOutOf({
  config,
  surroundings,
  values,
  sendings
}: Pick<Cast, 'config' | 'surroundings' | 'values'> & { sendings: readonly Sending[] }): Map<string, string> {
  const leftOut = new Map<string, string>()
  const pipeline = pipelineOf(config, surroundings)
  if (pipeline === null) return leftOut
  const memories = new Map<string, Memories>()
  for (const { atMs, names } of sendings)
    for (const name of names) {
      const device = deviceOf(name)
      const remembered = memories.get(device) ?? pipeline.steps.map(() => null)
      memories.set(device, remembered)
      const bytes = Buffer.from(JSON.stringify(values[name]))
      const nowMs = startMs + atMs
      let last = ''
      const shaped = pipeline.shape(
        { bytes, start: 0, end: bytes.length, device, timestampMs: nowMs },
        { nowMs, memories: remembered },
        {
          begins: () => {},
          after: step => {
            last = step.name
          }
        }
      )
      if (shaped === 'filtered' || shaped === 'expired') leftOut.set(name, `${shaped} by ${last}`)
      else if (shaped !== 'same' && shaped.kind === 'rejected') leftOut.set(name, `refused: ${shaped.detail}`)
      else if (shaped !== 'same' && shaped.kind === 'lacking')
        leftOut.set(name, `waits for the attribute ${shaped.attribute}`)
    }
  return leftOut
}
