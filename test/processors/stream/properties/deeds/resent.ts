// A person who sends dead letters again, as `tailrace dead-letters resend` does: into the held topic, once each.

import type { LogRecord } from '../../../../../connectors/kafka/log/log.ts'
import type { MemoryLog } from '../../../../../connectors/kafka/log/memory/log.ts'
import { resentMessage } from '../../../../../processors/stream/held/held-record.ts'
import { decodeFacts } from '../../../../../processors/stream/settlement/dead-letter.ts'
import type { Ledger } from '../ledger.ts'
import { deadLetterTopic, heldTopic } from '../process.ts'

export class Resent {
  readonly #log: MemoryLog
  readonly #ledger: Ledger
  /** The dead letter after the last that was looked at. */
  #next = 0

  constructor(log: MemoryLog, ledger: Ledger) {
    this.#log = log
    this.#ledger = ledger
  }

  /** Sends those again that came since it was called last. */
  async again(): Promise<void> {
    const admin = this.#log.admin()
    if ((await admin.topic(deadLetterTopic)) === null) return
    const [range] = await admin.ranges(deadLetterTopic)
    const [from, to] = [this.#next, range?.end ?? 0]
    this.#next = to
    for await (const letter of admin.read({ topic: deadLetterTopic, partition: 0, from, to }))
      await this.#resend(letter)
  }

  async #resend(letter: LogRecord): Promise<void> {
    const facts = decodeFacts(letter.headers)
    if (facts === null) return
    const { originTopic: topic, originPartition: partition, originOffset: offset, code, answer } = facts
    const fate = this.#ledger.fate(partition, offset)
    this.#ledger.excuse(fate) // it may be in its channel yet, or be a letter that Kafka has twice
    const { originTimeMs: timestampMs, isRaw, sequence } = facts
    const about = { topic, offset, timestampMs, code, answer, isRaw, sequence }
    const place = `0:${letter.offset}`
    const record = resentMessage(
      letter,
      { ...about, heldMs: timestampMs, resent: 1, letter: place },
      partition
    )
    await this.#log.producer().append(heldTopic, [record])
  }
}
