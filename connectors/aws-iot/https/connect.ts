// Tries whether a TLS connection comes about, and ends it.

import tls from 'node:tls'
import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { abortFault } from '../../shared/abort.ts'
import type { Endpoint } from '../endpoint.ts'

export interface ConnectTry {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signals: readonly AbortSignal[]
}

/** Resolves once it stands; rejects with what prevents it, at once when a signal fires. */
export async function tryConnection(
  { host, port, tls: secure }: Endpoint,
  { clock, timeoutMs, signals }: ConnectTry
): Promise<void> {
  const socket = tls.connect({ ...secure, host, port })
  const stands = new Promise((resolve, reject) => socket.once('secureConnect', resolve).on('error', reject))
  const late = new FaultError('mqtt_connect_timeout', { detail: `after ${timeoutMs} ms` })
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
