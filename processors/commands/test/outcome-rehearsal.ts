// The rehearsal of a target that has none of its own: what it is told is the outcome, so its protocol is not tried. Its
// limits and its destinations are those of the real one.

import {
  type Batch,
  delivered,
  type Failure,
  type Message,
  type Misbehaviour,
  type Outcome,
  type Rehearsal,
  type Target,
  type TargetDefinition
} from '../../../connectors/connector.ts'
import { parseDuration } from '../../../schemas/time.ts'

type Told = { readonly kind: 'hang' } | Outcome

export function outcomeRehearsal(definition: TargetDefinition): Rehearsal<unknown> {
  return {
    examples: [
      'delivered',
      'retry',
      'retry after 7s',
      'unsent',
      'unknown',
      'reject',
      'reject device',
      'halt',
      'hang'
    ],
    isAnswer: text => parse(text) !== null,
    misbehaviours: () => misbehaviours,
    create: async (config, env, next) => new ToldTarget(await definition.create(config, env), next)
  }
}

const misbehaviours: readonly Misbehaviour[] = [
  { title: 'cannot be reached for two minutes', answers: ['unsent until 2m'] },
  { title: 'fails for two minutes', answers: ['retry until 2m'] },
  { title: 'asks three times to wait 30 seconds', answers: ['retry after 30s x3'] },
  { title: 'takes three batches and never answers', answers: ['hang x3'] },
  { title: 'loses the connection with every batch for two minutes', answers: ['unknown until 2m'] },
  { title: 'loses the connection over one message', answers: ['unknown when b2'] },
  { title: 'refuses one message', answers: ['reject when b2'] },
  { title: 'does not know one device for ten minutes', answers: ['reject device when b until 10m'] },
  { title: 'must not be used for ten minutes', answers: ['halt until 10m'] },
  { title: 'refuses everything', answers: ['reject until 1h'] }
]

function parse(text: string): Told | null {
  if (text === 'delivered') return delivered
  if (text === 'hang') return { kind: 'hang' }
  const [, kind, device, after] =
    /^(?:(retry|unsent|unknown|halt|reject)( device)?)(?: after (\S+))?$/.exec(text) ?? []
  if (kind === undefined || (device !== undefined && kind !== 'reject')) return null
  const retryAfterMs = after === undefined ? undefined : parseDuration(after)
  if (retryAfterMs === null || (retryAfterMs !== undefined && kind !== 'retry')) return null
  return {
    kind: kind as Failure['kind'], // as the pattern has it
    code: 'target_threw',
    detail: text,
    ...(device !== undefined && { scope: 'device' as const }),
    ...(retryAfterMs !== undefined && { retryAfterMs })
  }
}

class ToldTarget implements Target {
  readonly limits: Target['limits']
  readonly destination: (message: Message) => string
  readonly #real: Target
  readonly #next: () => string

  constructor(real: Target, next: () => string) {
    this.#real = real
    this.#next = next
    this.limits = real.limits
    this.destination = message => real.destination?.(message) ?? ''
  }

  async open(): Promise<void> {}

  deliver(_: Batch, signal: AbortSignal): Promise<Outcome> {
    const told = parse(this.#next()) ?? { kind: 'hang' }
    if (told.kind !== 'hang') return Promise.resolve(told as Outcome) // whatever does not hang is an outcome
    return new Promise(resolve => {
      const detail = 'nothing was answered'
      signal.addEventListener('abort', () => resolve({ kind: 'unknown', code: 'attempt_aborted', detail }))
    })
  }

  close(): Promise<void> {
    return this.#real.close()
  }
}
