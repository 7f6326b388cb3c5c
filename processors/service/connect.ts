// The first contact with Kafka: waits until it can be reached, however long that takes, and sees to the topics of the
// channels. Only what waiting cannot mend ends the process: refused credentials, a topic that cannot be had.

import { type Clock, pauseFor } from '../../connectors/clock.ts'
import type { LogAdmin } from '../../connectors/kafka/log/log.ts'
import { ensureTopic, wantedDeadLetterTopic, wantedTopic } from '../../connectors/kafka/topics.ts'
import type { Registry } from '../../connectors/registry.ts'
import type { Config } from '../../schemas/config.ts'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { setsAside } from '../ingest/set-aside.ts'
import type { Trouble } from '../stream/health/state.ts'

/** Silence after which a person at the terminal is told what is waited for. */
const patienceMs = 2_000
const maxDelayMs = 10_000

export interface ConnectParts {
  readonly config: Config
  readonly admin: LogAdmin
  /** The kinds of source that channels may name. */
  readonly registry: Pick<Registry, 'sources'>
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
  const { admin, config } = parts
  try {
    const brokers = await admin.brokers()
    await ensureTopics(admin, { ...parts, channels: config.channels })
    return brokers
  } catch (error) {
    if (error instanceof FaultError && error.code === 'kafka_unreachable') return error
    throw error
  }
}

interface WantedChannels extends Pick<ConnectParts, 'registry' | 'log'> {
  readonly channels: Config['channels']
}

/** Sees to the topics of the channels, and of their dead letters. Rejects with the faults of LogAdmin. */
export async function ensureTopics(
  admin: LogAdmin,
  { channels, registry, log }: WantedChannels
): Promise<void> {
  for (const channel of Object.values(channels)) {
    const { settings } = await ensureTopic(admin, wantedTopic(channel), log)
    if (!setsAside(channel, registry.sources)) continue
    // Twice: what is no message may be larger than one, and what says why comes on top.
    const maxMessageBytes = 2 * Number(settings['max.message.bytes'] ?? 0) || undefined
    await ensureTopic(admin, { ...wantedDeadLetterTopic(channel.deadLetters), maxMessageBytes }, log)
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(null), { once: true }))
}
