// Drops repeats of what a device has sent before: senders that resend after a lost answer, and black boxes that are read twice.

import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { encodeJson } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import { NameSet, nameList, noteNames } from '../names.ts'
import { defineStep } from '../step.ts'

/** So many bits of a hash that two messages of a device never share them by chance. */
const hashLength = 16

export const dedupe = defineStep({
  kind: 'dedupe',
  summary:
    'Drops a message that is a repeat of one of the last of its device; it is counted as filtered. Repeats have the same values in all fields, or in those that are named.',
  config: Type.Object(
    {
      by: Type.Optional(
        nameList(
          'The fields that make a message what it is; one that has none of them passes. Default: all fields.'
        )
      ),
      last: Type.Integer({
        description: 'Messages of each device that are remembered, some 25 bytes each.',
        default: 20,
        minimum: 1,
        maximum: 1_000
      })
    },
    { additionalProperties: false }
  ),
  examples: [
    {
      settings: 'dedupe: { by: [timestamp, event.enum] }',
      messages: [
        { timestamp: 100, 'event.enum': 1 },
        { timestamp: 100, 'event.enum': 2 },
        { timestamp: 100, 'event.enum': 1, 'server.timestamp': 160 }
      ],
      results: [{ timestamp: 100, 'event.enum': 1 }, { timestamp: 100, 'event.enum': 2 }, 'filtered']
    }
  ],
  create({ by, last }, env) {
    if (by !== undefined) noteNames(env, by, 'by')
    const names = by === undefined ? null : new NameSet(by)
    return {
      remembers: true,
      apply(draft) {
        const entries = Object.entries(draft.fields)
          .filter(([name]) => names === null || names.has(name))
          .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        if (names !== null && entries.length === 0) return 'pass' // nothing of it tells it from others
        const hash = createHash('sha256').update(encodeJson(entries)).digest('base64').slice(0, hashLength)
        const before = draft.memory as readonly string[] | null // what was kept below
        if (before?.includes(hash)) return 'filtered'
        const kept: Json[] = [...(before ?? []), hash]
        draft.memory = kept.length > last ? kept.slice(kept.length - last) : kept
        return 'pass'
      }
    }
  }
})
