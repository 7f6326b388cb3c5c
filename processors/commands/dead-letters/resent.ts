// Which dead letters were resent: their places stand in the held topic, whether they wait there still or not.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { decodeHeld } from '../../stream/held/held-record.ts'

/** None when there is no such topic. */
export async function readResent(admin: LogAdmin, topic: string): Promise<Set<string>> {
  const ranges = await admin.ranges(topic).catch(error => {
    if (error instanceof FaultError && error.code === 'topic_missing') return []
    throw error
  })
  const places = new Set<string>()
  for (const { partition, start, end } of ranges)
    for await (const { headers } of admin.read({ topic, partition, from: start, to: end })) {
      const held = decodeHeld(headers)
      if (held?.kind === 'message' && held.letter !== null) places.add(held.letter)
    }
  return places
}
