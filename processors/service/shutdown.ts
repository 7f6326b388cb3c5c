// The signals of the process and how it ends. The first SIGTERM or SIGINT drains, the second ends it at once; a rejection that nobody
// handles ends it too, unless it comes from inside of kafkajs, whose crash path leaves some behind: its consumers are
// watched and rebuilt anyway, and the other streams are not to be disturbed.

import { messageOf } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'

const numbers = { SIGINT: 2, SIGTERM: 15 } as const
type Signal = keyof typeof numbers

/** The part of Node's `process` that this needs. */
export interface Host {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  exit(code: number): void
}

export interface Shutdown {
  /** Fires with the first signal. */
  readonly signal: AbortSignal
  /** Stops to listen. */
  dispose(): void
}

export interface ProcessParts {
  readonly log: LogEvent
  /** What SIGHUP asks for; null leaves it what it is: the end of a process whose terminal was closed. */
  readonly reread: (() => void) | null
}

/** Listens to the signals and to unhandled rejections of the process. */
export function watchProcess(host: Host, { log, reread }: ProcessParts): Shutdown {
  const asked = new AbortController()
  const onSignal = (signal: Signal) => () => {
    if (asked.signal.aborted) host.exit(128 + numbers[signal])
    else asked.abort(signal)
  }
  const listeners: [string, (...args: unknown[]) => void][] = [
    ['SIGINT', onSignal('SIGINT')],
    ['SIGTERM', onSignal('SIGTERM')],
    ...(reread === null ? [] : [['SIGHUP', reread] as [string, () => void]]),
    ['unhandledRejection', reason => survive(reason, host, log)]
  ]
  for (const [event, listener] of listeners) host.on(event, listener)
  return {
    signal: asked.signal,
    dispose() {
      for (const [event, listener] of listeners) host.off(event, listener)
    }
  }
}

function survive(reason: unknown, host: Host, log: LogEvent): void {
  const isKafkajs = reason instanceof Error && reason.name.startsWith('KafkaJS')
  const stack = reason instanceof Error ? reason.stack : undefined
  log('rejection_unhandled', { reason: messageOf(reason), fatal: !isKafkajs, stack })
  if (!isKafkajs) host.exit(1)
}
