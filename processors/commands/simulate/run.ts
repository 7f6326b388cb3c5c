// Sends the messages of the fleet at the chosen rate and shows how it goes.

import { type Clock, pauseFor, systemClock } from '../../../connectors/clock.ts'
import { grouped, Progress, RateMeter, type Report } from '../terminal/progress.ts'
import { fleetMessages, readSample } from './fleet.ts'
import { Sender, type Sent } from './sender.ts'

const maxBatch = 500
/** At a steady rate this many requests leave per second, fewer if each would carry less than one message. */
const requestsPerSecond = 5

/** What the command line says; the rate in messages per second. */
export interface SimulateOptions {
  readonly url: string
  readonly rate: number
  readonly token?: string
  readonly count?: number
  readonly devices?: number
  readonly asIs: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/**
 * Resolves once all messages are sent or the signal has fired. Throws a FaultError `send_refused` when the receiver
 * takes nothing from us.
 */
export async function simulate(options: SimulateOptions, signal: AbortSignal): Promise<void> {
  const clock = systemClock
  const sender = new Sender({ url: options.url, token: options.token, clock })
  const { json, quiet } = options
  const startedMs = clock.now()
  const rate = new RateMeter(clock)
  const progress = new Progress({ clock, json, quiet, out: process.stdout }, () => now(sender.counts, rate))
  progress.say(`Sending to ${options.url}; press Ctrl-C to stop`)
  progress.start()
  try {
    await sendFleet(options, { sender, clock, signal })
  } finally {
    const seconds = ((clock.now() - startedMs) / 1000).toFixed(1)
    const fields = { ...sender.counts, messagesPerSecond: rate.mean(sender.counts.accepted) }
    progress.stop({ fields, line: `Sent ${summary(sender.counts)} in ${seconds} s` })
  }
}

/** Sends batches when their last message is due. After an outage all that is overdue goes out without a pause. */
export async function sendFleet(
  options: Pick<SimulateOptions, 'rate' | 'count' | 'devices' | 'asIs'>,
  { sender, clock, signal }: { sender: Sender; clock: Clock; signal: AbortSignal }
): Promise<void> {
  const { asIs, devices, count = Number.POSITIVE_INFINITY } = options
  const messages = fleetMessages(readSample(), { asIs, devices, now: () => clock.now() })
  const fullBatch = Math.min(maxBatch, Math.ceil(options.rate / requestsPerSecond))
  const startMs = clock.now()
  while (sender.counts.sent < count && !signal.aborted) {
    const size = Math.min(fullBatch, count - sender.counts.sent)
    const dueMs = startMs + ((sender.counts.sent + size) / options.rate) * 1000
    await pauseFor(clock, Math.max(0, dueMs - clock.now()), signal)
    if (signal.aborted) return
    await sender.send(
      Array.from({ length: size }, () => messages.next().value),
      signal
    )
  }
}

function now(counts: Sent, rate: RateMeter): Report {
  const messagesPerSecond = rate.next(counts.accepted)
  const line = `${summary(counts)}, ${grouped(messagesPerSecond)}/s ${counts.trouble}`.trimEnd()
  return { fields: { ...counts, messagesPerSecond }, line }
}

function summary(counts: Sent): string {
  const { sent, accepted, refused, retries } = counts
  const parts = [`${grouped(sent)} messages: ${grouped(accepted)} accepted`]
  if (refused > 0) parts.push(`${grouped(refused)} refused`)
  if (retries > 0) parts.push(`${grouped(retries)} retries`)
  return parts.join(', ')
}
