// Which devices a stream expects to hear of: those of the attributes that it wants, by `from` and `where`.

import type { Config } from '../../../schemas/config.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import { topicsOf } from '../../../schemas/stream.ts'
import type { KeyedRecord } from '../../stream/assignment/subscription.ts'
import type { SilenceOptions } from '../../stream/silence/silence.ts'
import { type Surroundings, wantedBy } from './steps.ts'

/** Null: nobody asks which are silent. */
export function silenceOf(
  config: StreamConfig,
  channels: Config['channels'],
  surroundings: Surroundings
): SilenceOptions | null {
  if (config.silence === undefined) return null
  return { afterMs: config.silence.afterSeconds * 1_000, ...expectedBy(config, channels, surroundings) }
}

/** Whom a stream expects and wants to hear of. */
export function expectedBy(
  config: StreamConfig,
  channels: Config['channels'],
  surroundings: Surroundings
): Omit<SilenceOptions, 'afterMs'> {
  const isWanted = wantedBy(config, channels, surroundings)
  const topics = topicsOf(config, channels)
  const wants: SilenceOptions['wants'] = (device, topic, nowMs) =>
    isWanted === null || isWanted(recordOf(device, topic, nowMs))
  return {
    wants,
    *expected(nowMs) {
      for (const device of surroundings.attributes.idents())
        for (const topic of topics) if (wants(device, topic, nowMs)) yield { device, topic }
    }
  }
}

/** A record as it would be, should the device send one now. */
function recordOf(device: string, topic: string, timestampMs: number): KeyedRecord {
  const bytes = Buffer.from(device)
  return { origin: { topic, partition: 0 }, bytes, keyStart: 0, keyEnd: bytes.length, timestampMs }
}
