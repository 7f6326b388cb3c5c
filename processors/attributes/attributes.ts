// What is known of devices beside what they send, such as plates and numbers of axles: kept by people or other systems in
// files or in a compacted topic, looked up for every message, and kept fresh while streams run. What is wrong with it at
// the start keeps the start from happening; what goes wrong later leaves what was known in force.

import type { Clock } from '../../connectors/clock.ts'
import type { LogAdmin } from '../../connectors/kafka/log/log.ts'
import type { AttributesConfig } from '../../schemas/attributes.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { Json } from '../expression/values.ts'
import type { Problem } from '../service/config/problem.ts'
import { DeviceTable } from './device-table.ts'
import { FollowedFiles } from './followed-files.ts'
import { FollowedTopic } from './followed-topic.ts'
import { gather } from './reading/gather.ts'
import { readAtOnce } from './reading/read.ts'

export interface Attributes {
  /**
   * The attributes of a device as they count at a time in Unix ms: frozen, and without a prototype that has anything.
   * Null where nothing is known of the device, or nothing that counts yet.
   */
  of(ident: string, timestampMs: number): Readonly<Record<string, Json>> | null
  /** The devices of which something is known. */
  idents(): Iterable<string>
  /** How many they are. */
  readonly size: number
  /** Calls `changed`, which must not throw, after every change, until the returned function is called. */
  watch(changed: () => void): () => void
}

export interface OpenAttributes extends Attributes {
  /** Nothing changes any more. */
  close(): Promise<void>
}

export interface AttributesParts {
  readonly clock: Clock
  readonly log: LogEvent
  /** Asked only where the attributes are kept in a topic. */
  readonly admin: LogAdmin
  /** Where relative paths start: the folder of the configuration file. */
  readonly baseFolder: string
}

/**
 * Resolves once everything was read. Rejects with `config_invalid` and a line for each mistake in files, or as
 * LogAdmin.ranges and LogAdmin.read do; what is wrong with single records of a topic is only logged.
 */
export async function openAttributes(
  config: AttributesConfig,
  parts: AttributesParts
): Promise<OpenAttributes> {
  const table = new DeviceTable()
  const followed =
    'topic' in config
      ? new FollowedTopic(config.topic, table, parts)
      : new FollowedFiles(config, table, parts)
  await followed.open()
  return {
    of: (ident, timestampMs) => table.of(ident, timestampMs),
    idents: () => table.idents(),
    get size() {
      return table.size
    },
    watch: changed => table.watch(changed),
    close: () => followed.close()
  }
}

export interface AttributesReading {
  /** Without what is wrong. */
  readonly attributes: Attributes
  /** Every mistake with its place: formatProblem() makes lines of them. */
  readonly problems: readonly Problem[]
}

/** Reads files and folders at a stretch, for who only looks at them; of a topic nothing is read. Never throws. */
export function readAttributes(config: AttributesConfig, baseFolder: string): AttributesReading {
  if ('topic' in config) return { attributes: new DeviceTable(), problems: [] }
  const { devices, problems } = readAtOnce(gather(config, baseFolder))
  return { attributes: new DeviceTable(devices), problems }
}
