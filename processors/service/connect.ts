// The first contact with Kafka: waits until it can be reached, however long that takes, and sees to the topics of the
// channels. Only what waiting cannot mend ends the process: refused credentials, a topic that cannot be had.

import { type Clock, pauseFor } from '../../connectors/clock.ts'
import type { LogAdmin } from '../../connectors/kafka/log/log.ts'
import { ensureTopic, wantedTopic } from '../../connectors/kafka/topics.ts'
import type { Config } from '../../schemas/config.ts'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { Trouble } from '../stream/health/state.ts'

/** Silence after which a person at the terminal is told what is waited for. */
const patienceMs = 2_000
const maxDelayMs = 10_000

export interface ConnectParts {
  readonly config: Config
  readonly admin: LogAdmin
  readonly clock: Clock
  readonly log: LogEvent
  /** Told what is waited for, and until when it is tried again. */
  readonly waits: (trouble: Trouble) => void
  /** Fires when the service is stopped meanwhile. */
  readonly signal: AbortSignal
}

/** Resolves with the number of brokers once all topics are there; null when the signal fired first. */
export async function connect(parts: ConnectParts): Promise<number | null> {
  const { clock, config, log, signal } = parts
  const { brokers } = config.kafka
  const cancel = clock.after(patienceMs, () => log('kafka_waiting', { brokers }))
  const stopped = aborted(signal)
  try {
    let attempt = 0
    for (let delayMs = 500; !signal.aborted; delayMs = Math.min(2 * delayMs, maxDelayMs)) {
      // A call that hangs must not hold up a stop.
      const found = await Promise.race([tryOnce(parts), stopped])
      cancel()
      if (found === null || typeof found === 'number') return found
      log('kafka_waiting', { brokers, reason: messageOf(found), nextAttemptMs: delayMs })
      const { code, detail = brokers.join() } = found
      parts.waits({ code, detail, untilMs: clock.now() + delayMs, attempt: ++attempt })
      await pauseFor(clock, delayMs, signal)
    }
    return null
  } finally {
    cancel()
  }
}

/** The number of brokers, or the fault that may pass. */
async function tryOnce(parts: ConnectParts): Promise<number | FaultError> {
  const { admin, config, log } = parts
  try {
    const brokers = await admin.brokers()
    await ensureTopics(admin, config.channels, log)
    return brokers
  } catch (error) {
    if (error instanceof FaultError && error.code === 'kafka_unreachable') return error
    throw error
  }
}

/** Sees to the topics of the channels. Rejects with the faults of LogAdmin. */
export async function ensureTopics(
  admin: LogAdmin,
  channels: Config['channels'],
  log: LogEvent
): Promise<void> {
  for (const channel of Object.values(channels)) await ensureTopic(admin, wantedTopic(channel), log)
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(null), { once: true }))
}
