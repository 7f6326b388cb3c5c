// The receipts of a device's messages, where its stream keeps any: they alone know of each message how it ended.

import { decodeReceipt, type Ending } from '../../stream/receipts/receipt.ts'
import type { StreamView } from '../shared/stream.ts'
import type { Trace, Traced } from './trace.ts'

/** Clocks of those who write messages and of those who write receipts may differ so much; what differs more is not found. */
const clocksDifferMs = 3_600_000

/** Of these messages, by their places; empty where the stream keeps none. */
export async function receiptsOf(
  { admin, config }: StreamView,
  messages: readonly Traced[]
): Promise<ReadonlyMap<string, Ending>> {
  const found = new Map<string, Ending>()
  const topic = config.receipts?.topic
  if (topic === undefined || messages.length === 0 || (await admin.topic(topic)) === null) return found
  const sinceMs = Math.max(0, Math.min(...messages.map(({ timeMs }) => timeMs)) - clocksDifferMs)
  const partitions = new Set(messages.map(({ partition }) => partition))
  const places = new Set(messages.map(placeOf))
  const firsts = await admin.offsetsAt(topic, sinceMs)
  for (const { partition, start, end } of await admin.ranges(topic)) {
    if (!partitions.has(partition)) continue
    const from = Math.max(start, firsts[partition] ?? end)
    for await (const record of admin.read({ topic, partition, from, to: end })) {
      const receipt = decodeReceipt(record.value)
      if (receipt === null || receipt.kind === 'opened' || receipt.at !== record.offset) continue
      if (places.has(placeOf(receipt))) found.set(placeOf(receipt), receipt)
    }
  }
  return found
}

/** A message that is owed may be delivered already, and is sent again: that it is owed is what matters. */
export function withReceipts(trace: Trace, receipts: ReadonlyMap<string, Ending>): Trace {
  const messages = trace.messages.map((message): Traced => {
    const receipt = receipts.get(placeOf(message))
    if (receipt === undefined || message.state === 'owed') return message
    if (receipt.kind === 'delivered') return { ...message, state: 'delivered', code: null }
    return { ...message, state: 'dead letter', code: receipt.code }
  })
  return { ...trace, messages }
}

function placeOf({ topic, partition, offset }: Pick<Traced, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`
}
