// Fills in what a message lacks from what its device has sent before. Values are remembered with the time they were measured
// at, so that a message that comes late is not filled with what was measured after it.

import { Type } from 'typebox'
import { put } from '../../expression/json.ts'
import type { Fields, Json } from '../../expression/values.ts'
import { isAhead, timestampOf } from '../measured.ts'
import { NameSet, nameList, noteNames } from '../names.ts'
import { isShort } from '../recall.ts'
import { defineStep } from '../step.ts'

/** Fields that are remembered of a device at most. */
const maxFields = 100

/** Value and timestamp (Unix seconds) by name. */
type Memory = Readonly<Record<string, readonly [value: Json, timestamp: number]>>

export const fill = defineStep({
  kind: 'fill',
  summary:
    'Adds fields that the message lacks with the last value that its device has sent, unless that was measured after the message. A value of null is none.',
  config: Type.Object(
    {
      fields: nameList(`The fields to fill in, at most ${maxFields} of a device.`),
      maxAgeSeconds: Type.Optional(
        Type.Number({
          description: 'Values that were measured longer before the message are not taken; default: any age.',
          exclusiveMinimum: 0
        })
      )
    },
    { additionalProperties: false }
  ),
  examples: [
    {
      settings: `fill: { fields: ['fuel.*'], maxAgeSeconds: 3600 }`,
      messages: [
        { timestamp: 100, 'fuel.level': 40 },
        { timestamp: 160 },
        { timestamp: 90 },
        { timestamp: 4000 }
      ],
      results: [
        { timestamp: 100, 'fuel.level': 40 },
        { timestamp: 160, 'fuel.level': 40 },
        { timestamp: 90 },
        { timestamp: 4000 }
      ]
    }
  ],
  create({ fields: list, maxAgeSeconds = Number.POSITIVE_INFINITY }, env) {
    env.reads('timestamp')
    noteNames(env, list, 'fields')
    const names = new NameSet(list)
    return {
      remembers: true,
      apply(draft) {
        const timestamp = timestampOf(draft.fields)
        if (typeof timestamp !== 'number') return timestamp
        const before = (draft.memory ?? {}) as unknown as Memory // what was kept below
        const kept = isAhead(draft, timestamp) ? before : updated(before, draft.fields, { names, timestamp })
        for (const [name, [value, measured]] of Object.entries(before)) {
          const age = timestamp - measured
          const isThere = Object.hasOwn(draft.fields, name) && draft.fields[name] !== null
          if (age >= 0 && age <= maxAgeSeconds && !isThere) draft.set(name, value)
        }
        draft.memory = kept as unknown as Json // plain data
        return 'pass'
      }
    }
  }
})

/** What is remembered once the message has been seen. */
function updated(
  before: Memory,
  fields: Fields,
  { names, timestamp }: { readonly names: NameSet; readonly timestamp: number }
): Memory {
  const kept: Record<string, Json> = { ...(before as Readonly<Record<string, Json>>) }
  let room = maxFields - Object.keys(kept).length
  for (const name of Object.keys(fields)) {
    const value = fields[name] ?? null
    const known = Object.hasOwn(before, name) ? before[name] : undefined
    if (value === null || !names.has(name) || (known !== undefined && known[1] > timestamp)) continue
    if (!isShort(value)) delete kept[name]
    else if (known !== undefined || room-- > 0) put(kept, name, [value, timestamp])
  }
  return kept as unknown as Memory // each value with its time
}
