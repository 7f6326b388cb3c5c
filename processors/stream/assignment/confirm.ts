// Asks the group whether a partition is still ours: it takes commits from nobody who was replaced. What is committed is what
// is committed already, or what is settled since.

import type { LogConsumer } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { encodeMetadata } from '../settlement/commit-metadata.ts'
import type { OpenPosition } from './opening.ts'
import type { Partition } from './partition.ts'

/** `position` is where it is being opened. Rejects with `commit_refused` once it is somebody else's. */
export async function confirmOurs(
  consumer: Pick<LogConsumer, 'commit'>,
  partition: Partition,
  position: OpenPosition
): Promise<void> {
  if (partition.closed) throw new FaultError('commit_refused', { detail: 'the partition was handed back' })
  partition.renew()
  const entry = partition.due() ?? entryOf(position)
  await consumer.commit([entry])
  partition.committed(entry)
}

/** The commit as it was found. */
function entryOf({ origin, next, birthMs, settled, readFrom, numbers }: OpenPosition) {
  const more = { ...(readFrom !== null && { readFrom }), ...(numbers !== null && { numbers }) }
  const standing = { birthMs, settled, ...more }
  return { ...origin, next, metadata: encodeMetadata(next, standing) }
}
