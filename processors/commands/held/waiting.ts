// Reads from the held topic of a stream who waits there, as the stream itself does when it opens a partition.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import type { WaitingDevice } from '../../stream/held/waiting-device.ts'
import { WaitingSet } from '../../stream/held/waiting-set.ts'
import { decodeMetadata } from '../../stream/settlement/commit-metadata.ts'

/** A device that waits, and in which partition. */
export interface Waiting {
  readonly partition: number
  readonly device: WaitingDevice
}

/** Those that have waited longest first. None when there is no held topic. */
export async function readWaiting(admin: LogAdmin, { group, held }: StreamConfig): Promise<Waiting[]> {
  const { topic } = held
  const ranges = await admin.ranges(topic).catch(error => {
    if (error instanceof FaultError && error.code === 'topic_missing') return []
    throw error
  })
  if (ranges.length === 0) return []
  const commits = await admin.committed(group, [topic])
  const found: Waiting[] = []
  for (const { partition, start, end } of ranges) {
    const commit = commits.find(one => one.partition === partition)
    const from = Math.max(start, commit?.next ?? start)
    const owner = commit?.next == null ? null : (decodeMetadata(commit.next, commit.metadata)?.owner ?? null)
    const waiting = new WaitingSet(from, owner, told)
    for await (const record of admin.read({ topic, partition, from, to: end })) waiting.apply(record)
    for (const device of waiting.devices.values()) if (device.count > 0) found.push({ partition, device })
  }
  return found.sort((a, b) => a.device.sinceMs - b.device.sinceMs)
}

const told = { held() {}, released() {}, wanted() {}, owned() {} }
