// Thins out: of each device a message passes when enough time has gone by, or it has moved or turned enough, since the one
// that passed last. What comes late, older than that, is thinned out among its own, so that a black box that is read out
// while the device reports live disturbs nothing.

import { Type } from 'typebox'
import { expression } from '../../../schemas/define.ts'
import { positionOf } from '../../expression/position.ts'
import type { Fields, Json } from '../../expression/values.ts'
import { distanceM } from '../../geo/distance.ts'
import { timestampOf } from '../measured.ts'
import { Recall } from '../recall.ts'
import { defineStep } from '../step.ts'

const positive = (description: string) => Type.Optional(Type.Number({ description, exclusiveMinimum: 0 }))

const config = Type.Object(
  {
    everySeconds: positive('Passes when the one before that passed is at least so much older.'),
    movedM: positive('Passes when it is at least so many metres from there.'),
    turnedDegrees: positive('Passes when position.direction differs by at least so much.'),
    keep: Type.Optional(expression('Passes whenever this is true: `exists("alarm.event")`.'))
  },
  { additionalProperties: false, minProperties: 1 }
)

/** What is remembered of a message that passed: Unix seconds, degrees; null where it had none. */
type Anchor = readonly [
  timestamp: number,
  latitude: number | null,
  longitude: number | null,
  direction: number | null
]

/** The newest that passed, the last of the late ones that passed, and what `keep` remembers. */
interface Memory {
  readonly live: Anchor
  readonly late: Anchor | null
  readonly recalled: Json
}

export const sample = defineStep({
  kind: 'sample',
  summary:
    'Thins out: of each device the first message passes, and then one for which any of the conditions holds; the others are counted as filtered.',
  config,
  examples: [
    {
      settings: `sample: { everySeconds: 60, keep: '$event.enum == 7' }`,
      messages: [
        { timestamp: 100 },
        { timestamp: 130 },
        { timestamp: 140, 'event.enum': 7 },
        { timestamp: 170 },
        { timestamp: 200 }
      ],
      results: [
        { timestamp: 100 },
        'filtered',
        { timestamp: 140, 'event.enum': 7 },
        'filtered',
        { timestamp: 200 }
      ]
    }
  ],
  create({ everySeconds, movedM, turnedDegrees, keep }, env) {
    env.reads('timestamp')
    const always = keep === undefined ? null : env.expression(keep, 'keep')
    const recall = new Recall(always === null ? [] : [always])
    const bounds: Bounds = {
      seconds: everySeconds ?? Number.POSITIVE_INFINITY,
      metres: movedM ?? Number.POSITIVE_INFINITY,
      degrees: turnedDegrees ?? Number.POSITIVE_INFINITY
    }
    return {
      remembers: true,
      apply(draft) {
        const timestamp = timestampOf(draft.fields)
        if (typeof timestamp !== 'number') return timestamp
        const memory = draft.memory as Memory | null // what was kept below
        draft.memory = memory?.recalled ?? null
        recall.recall(draft)
        const recalled = draft.memory
        const isKept = always?.test(draft) === true
        const anchor = anchorOf(timestamp, draft.fields)
        const isLate = memory !== null && timestamp < memory.live[0]
        const before = isLate ? memory.late : (memory?.live ?? null)
        const passes = isKept || before === null || isFar(before, anchor, bounds)
        const { live = anchor, late = null } = memory ?? {}
        const kept: Memory = passes
          ? { live: isLate ? live : anchor, late: isLate ? anchor : late, recalled }
          : { live, late, recalled }
        draft.memory = kept as unknown as Json // plain data
        return passes ? 'pass' : 'filtered'
      }
    }
  }
})

interface Bounds {
  readonly seconds: number
  readonly metres: number
  readonly degrees: number
}

function anchorOf(timestamp: number, fields: Fields): Anchor {
  const position = positionOf(fields)
  const direction = fields['position.direction']
  return [
    timestamp,
    position?.latitude ?? null,
    position?.longitude ?? null,
    typeof direction === 'number' ? direction : null
  ]
}

function isFar(before: Anchor, now: Anchor, { seconds, metres, degrees }: Bounds): boolean {
  const [from, latitude, longitude, direction] = before
  const [to, newLatitude, newLongitude, newDirection] = now
  if (Math.abs(to - from) >= seconds) return true
  if (metres < Number.POSITIVE_INFINITY && newLatitude !== null && newLongitude !== null) {
    // A first position is a change as well.
    if (latitude === null || longitude === null) return true
    if (distanceM(latitude, longitude, newLatitude, newLongitude) >= metres) return true
  }
  if (degrees === Number.POSITIVE_INFINITY || newDirection === null) return false
  return direction === null || turned(direction, newDirection) >= degrees
}

/** The smaller angle between two directions, in degrees. */
function turned(from: number, to: number): number {
  const angle = Math.abs(to - from) % 360
  return Math.min(angle, 360 - angle)
}
