// One message after the other through the steps of a stream, and what each step did with it.

import type { Clock } from '../../../connectors/clock.ts'
import { encodeJson } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import type { Memories, Pipeline } from '../../steps/pipeline.ts'
import { Refusal } from '../../steps/step.ts'
import type { Paint } from '../output.ts'
import type { Given } from '../shared/messages.ts'

/** What a step did: the fields that it added, removed and changed. */
export interface StepReport {
  readonly step: string
  readonly verdict: 'pass' | 'filtered' | 'expired' | 'rejected'
  /** Why it was filtered, where that is more than that a condition was not true. */
  readonly why?: string
  readonly added: Readonly<Record<string, Json>>
  readonly removed: Readonly<Record<string, Json>>
  readonly changed: Readonly<Record<string, readonly [before: Json, after: Json]>>
}

export interface MessageReport {
  readonly message: string
  readonly device: string
  readonly steps: readonly StepReport[]
  /** What became of it: sent (unchanged: as the bytes that it came in), or not. */
  readonly end: 'sent' | 'unchanged' | 'filtered' | 'expired' | 'rejected' | 'waits' | 'unread'
  /** What is sent, as JSON; else why it is not. */
  readonly detail: string
}

export class Run {
  readonly #pipeline: Pipeline
  readonly #clock: Clock
  readonly #memories = new Map<string, Memories>()

  constructor(pipeline: Pipeline, clock: Clock) {
    this.#pipeline = pipeline
    this.#clock = clock
  }

  of({ value, device, timestampMs, place }: Given): MessageReport {
    const memories = this.#memories.get(device) ?? this.#pipeline.steps.map(() => null)
    this.#memories.set(device, memories)
    const steps: StepReport[] = []
    let before: Readonly<Record<string, Json>> = {}
    const shaped = this.#pipeline.shape(
      { bytes: value, start: 0, end: value.length, device, timestampMs },
      { nowMs: this.#clock.now(), memories },
      {
        begins: draft => {
          before = { ...draft.fields }
        },
        after: ({ name, step }, verdict, draft) => {
          // What a step does to a message that goes no further is seen by nobody.
          const after = verdict === 'pass' ? { ...draft.fields } : before
          const kind = verdict instanceof Refusal ? 'rejected' : verdict
          const why = verdict === 'filtered' ? (step.explain?.(draft) ?? null) : null
          steps.push({
            step: name,
            verdict: kind,
            ...(why !== null && { why }),
            ...difference(before, after)
          })
          before = after
        }
      }
    )
    const about = { message: place, device, steps }
    if (shaped === 'same') return { ...about, end: 'unchanged', detail: value.toString() }
    if (typeof shaped === 'string') return { ...about, end: shaped, detail: steps.at(-1)?.step ?? '' }
    if (shaped.kind === 'changed') return { ...about, end: 'sent', detail: shaped.text }
    if (shaped.kind === 'rejected') return { ...about, end: 'rejected', detail: shaped.detail }
    return { ...about, end: 'waits', detail: `the device has no "${shaped.attribute}"` }
  }
}

function difference(
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>
): Pick<StepReport, 'added' | 'removed' | 'changed'> {
  const only = (one: Readonly<Record<string, Json>>, other: Readonly<Record<string, Json>>) =>
    Object.fromEntries(Object.entries(one).filter(([name]) => !Object.hasOwn(other, name)))
  const changed = Object.entries(after).flatMap(([name, value]): [string, readonly [Json, Json]][] => {
    if (!Object.hasOwn(before, name)) return []
    const old = before[name] ?? null
    return encodeJson(old) === encodeJson(value) ? [] : [[name, [old, value]]]
  })
  return { added: only(after, before), removed: only(before, after), changed: Object.fromEntries(changed) }
}

const ends: Readonly<Record<MessageReport['end'], readonly ['green' | 'yellow' | 'red', string]>> = {
  sent: ['green', 'sent'],
  unchanged: ['green', 'sent as it came'],
  filtered: ['yellow', 'filtered by'],
  expired: ['yellow', 'expired by'],
  rejected: ['red', 'rejected'],
  waits: ['yellow', 'waits'],
  unread: ['yellow', 'not read']
}

/** The report for people, without a newline at its end. */
export function reportText({ message, device, steps, end, detail }: MessageReport, paint: Paint): string {
  const title = [message, device].filter(Boolean).join(' ')
  const width = Math.max(0, ...steps.map(({ step }) => step.length))
  const lines = steps.flatMap(({ step, verdict, why, added, removed, changed }) => {
    const changes = [
      ...Object.entries(removed).map(([name, value]) => paint('red', `- ${name}: ${encodeJson(value)}`)),
      ...Object.entries(added).map(([name, value]) => paint('green', `+ ${name}: ${encodeJson(value)}`)),
      ...Object.entries(changed).map(([name, [old, value]]) =>
        paint('yellow', `~ ${name}: ${encodeJson(old)} -> ${encodeJson(value)}`)
      )
    ]
    const first =
      changes[0] ??
      paint('dim', verdict === 'pass' ? 'passes' : `${verdict}${why === undefined ? '' : `: ${why}`}`)
    return [
      `  ${step.padEnd(width)}  ${first}`,
      ...changes.slice(1).map(line => `  ${' '.repeat(width)}  ${line}`)
    ]
  })
  const [colour, word] = ends[end]
  return [
    ...(title === '' ? [] : [paint('bold', title)]),
    ...lines,
    `  ${paint(colour, word)}: ${detail}`
  ].join('\n')
}
