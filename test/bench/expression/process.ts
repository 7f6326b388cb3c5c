// The process of one candidate in the expression benchmark: its parent tells it which, then calls for its rounds.

import { messageOf } from '../../../schemas/errors.ts'
import { candidates, type Run } from './candidates.ts'
import { type Message, sampleMessages, without } from './messages.ts'

/** All messages have all fields, or none has the speed. */
export type Shapes = 'complete' | 'no speed'

/** `verdicts` are those of messages of either kind, and of such without a latitude. */
export type Order =
  | { readonly kind: 'begin'; readonly candidate: string; readonly shapes: Shapes }
  | { readonly kind: 'round'; readonly forMs: number }
  | { readonly kind: 'verdicts' }

export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'round'; readonly operationsPerSecond: number; readonly hits: number }
  | { readonly kind: 'verdicts'; readonly verdicts: string }
  | { readonly kind: 'failed'; readonly detail: string }

/** What an order needs that came after `begin`. */
interface Begun {
  readonly run: Run
  readonly messages: number
  verdicts(): string
}

let begun: Begun | null = null

process.on('message', (order: Order) => process.send?.(answer(order)))
process.on('disconnect', () => process.exit())

function answer(order: Order): Answer {
  try {
    if (order.kind === 'begin') {
      begun = begin(order.candidate, order.shapes)
      return { kind: 'ready' }
    }
    if (begun === null) return { kind: 'failed', detail: 'nothing has begun' }
    if (order.kind === 'verdicts') return { kind: 'verdicts', verdicts: begun.verdicts() }
    return round(begun, order.forMs)
  } catch (error) {
    return { kind: 'failed', detail: messageOf(error) }
  }
}

function begin(name: string, shapes: Shapes): Begun {
  const candidate = candidates[name]
  if (candidate === undefined) throw new Error(`there is no candidate ${name}`)
  const { prepare, expression } = candidate
  const complete = sampleMessages()
  const noSpeed = without(complete, 'position.speed')
  const messages: Message[] = shapes === 'complete' ? complete : noSpeed
  const every = [...complete, ...noSpeed, ...without(complete, 'position.latitude')]
  return {
    run: prepare(messages, expression),
    messages: messages.length,
    verdicts: () => prepare(every, expression).verdicts()
  }
}

/** Counts processor time: what other processes of the machine do meanwhile is no part of it. */
function round({ run, messages }: Begun, forMs: number): Answer {
  const before = process.cpuUsage()
  const endMs = performance.now() + forMs
  let passes = 0
  let hits = 0
  do {
    hits += run.hits()
    passes++
  } while (performance.now() < endMs)
  const { user, system } = process.cpuUsage(before)
  const operationsPerSecond = (passes * messages * 1e6) / (user + system)
  return { kind: 'round', operationsPerSecond, hits: hits / passes }
}
