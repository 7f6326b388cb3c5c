// Which records of its channels a stream wants: told by their keys, as bytes, before anything of them is decoded. An entry of
// `from` is a channel, or a part of one: `fleet/8686*`. A record that several entries want is read once, and so sent once.

import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Attributes } from '../../attributes/attributes.ts'
import { Expression } from '../../expression/expression.ts'
import type { Fields } from '../../expression/values.ts'
import { NameSet } from '../../steps/names.ts'

export interface SubscriptionOptions {
  /** By topic the idents that are wanted, with * for any characters; null for all of them. */
  readonly devices: ReadonlyMap<string, readonly string[] | null>
  /** What must be true of the attributes of a device; null: anything. */
  readonly where: string | null
  readonly attributes: Pick<Attributes, 'of'>
}

const nothing: Fields = {}

/** What is looked at of a record. */
export type KeyedRecord = Pick<RecordChunk, 'origin' | 'bytes' | 'keyStart' | 'keyEnd' | 'timestampMs'>

/** Tells whether a record is wanted. */
export function subscription({
  devices,
  where,
  attributes
}: SubscriptionOptions): (record: KeyedRecord) => boolean {
  // One character stands for one byte, in the patterns as in the keys.
  const bytewise = (name: string) => Buffer.from(name).toString('latin1')
  const sets = new Map(
    [...devices].map(([topic, names]) => [topic, names && new NameSet(names.map(bytewise))])
  )
  const condition = where === null ? null : new Expression(where)
  const scope = { fields: nothing, previous: null, nowMs: 0 }
  return ({ origin, bytes, keyStart, keyEnd, timestampMs }) => {
    const set = sets.get(origin.topic) ?? null
    const end = Math.max(keyStart, keyEnd)
    if (set !== null && !set.has(bytes.toString('latin1', keyStart, end))) return false
    if (condition === null) return true
    scope.fields = attributes.of(bytes.toString('utf8', keyStart, end), timestampMs) ?? nothing
    scope.nowMs = timestampMs
    return condition.test(scope)
  }
}
