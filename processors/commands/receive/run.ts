// Runs the receiver of `tailrace receive` until it is stopped, with the absence that was asked for.

import { pauseFor, systemClock } from '../../../connectors/clock.ts'
import type { HttpDouble } from '../../../connectors/http/double.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { fired } from '../terminal/interrupt.ts'
import { Progress, type Report } from '../terminal/progress.ts'
import { createReceiver } from './receiver.ts'
import { SaveFile } from './save.ts'
import { Tally } from './tally.ts'

/** What the command line says; durations in milliseconds, shares as parts of 1. */
export interface ReceiveOptions {
  readonly host: string
  readonly port: number
  readonly status: number
  readonly latency: number
  readonly fail: number
  readonly reset: number
  readonly hang: number
  readonly downAfter?: number
  readonly upAfter: number
  readonly save?: string
  readonly json?: true
  readonly quiet?: true
}

/** Resolves in order once the signal has fired. Throws a FaultError for what cannot be listened on or written to. */
export async function receive(options: ReceiveOptions, signal: AbortSignal): Promise<void> {
  if (options.fail + options.reset + options.hang > 1) {
    throw new FaultError('usage', { detail: '--fail, --reset and --hang together exceed 100%' })
  }
  const clock = systemClock
  const tally = new Tally(clock)
  const save = options.save === undefined ? undefined : new SaveFile(options.save)
  const faults = {
    status: options.status,
    latencyMs: options.latency,
    failShare: options.fail,
    resetShare: options.reset,
    hangShare: options.hang
  }
  const receiver = createReceiver({ clock, host: options.host, port: options.port, faults, tally, save })
  const about = ({ fields, line }: Report): Report => ({
    fields: { url: receiver.url, listening: receiver.listening, ...fields },
    line
  })
  const { json = false, quiet = false } = options
  const out = process.stdout
  const progress = new Progress({ clock, json, quiet, out }, () => about(tally.report()))
  try {
    await receiver.start()
    progress.say(`Listening on ${receiver.url}; press Ctrl-C to stop`)
    progress.start()
    await Promise.all([fired(signal), outage(options, { receiver, progress, signal })])
    progress.stop(about(tally.end()))
  } finally {
    await receiver.stop()
    save?.close()
  }
}

/** The one absence that --down-after asks for. Rejects when the port was taken meanwhile. */
async function outage(
  options: ReceiveOptions,
  run: { receiver: HttpDouble; progress: Progress; signal: AbortSignal }
): Promise<void> {
  const { receiver, progress, signal } = run
  if (options.downAfter === undefined) return
  await pauseFor(systemClock, options.downAfter, signal)
  if (signal.aborted) return
  await receiver.stop()
  progress.say('Stopped listening')
  await pauseFor(systemClock, options.upAfter, signal)
  if (signal.aborted) return
  await receiver.start()
  progress.say('Listening again')
}
