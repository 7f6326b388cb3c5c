// Tries whether a TLS connection comes about, and ends it. That is all that a target over HTTPS can do without sending a message.

import tls from 'node:tls'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { abortFault } from '../abort.ts'
import type { ExchangeSettings } from './exchange.ts'

/** Where connections go. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly tls: tls.ConnectionOptions
}

export interface ConnectTry {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Of the fault when it takes too long. */
  readonly lateCode: ErrorCode
  readonly signals: readonly AbortSignal[]
}

/** Resolves once it stands; rejects with what prevents it, at once when a signal fires. */
export async function tryConnection(
  { host, port, tls: secure }: Endpoint,
  { clock, timeoutMs, lateCode, signals }: ConnectTry
): Promise<void> {
  const socket = tls.connect({ ...secure, host, port })
  const stands = new Promise((resolve, reject) => socket.once('secureConnect', resolve).on('error', reject))
  const late = new FaultError(lateCode, { detail: `after ${timeoutMs} ms` })
  const cancel = clock.after(timeoutMs, () => socket.destroy(late))
  const giveUp = () => {
    const fired = signals.find(signal => signal.aborted)
    if (fired !== undefined) socket.destroy(abortFault(fired))
  }
  for (const signal of signals) signal.addEventListener('abort', giveUp, { once: true })
  giveUp()
  try {
    await stands
  } finally {
    cancel()
    for (const signal of signals) signal.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}

/** The same for a target whose exchanges go there, so that a failure is told as theirs are. Rejects with a FaultError. */
export async function openExchange(
  endpoint: Endpoint,
  { clock, connectTimeoutMs: timeoutMs, late, outcomeOfError }: ExchangeSettings,
  signals: readonly AbortSignal[]
): Promise<void> {
  try {
    await tryConnection(endpoint, { clock, timeoutMs, lateCode: late.connect, signals })
  } catch (error) {
    const { code, detail } = outcomeOfError(error, false)
    throw new FaultError(code, { detail, cause: error })
  }
}
