// What happens to messages that have ended: they are counted, settled, and committed; those that the target will
// never take are put into the dead letters first. What ended is told to the stream, which may read on.

import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import { Partition } from '../assignment/partition.ts'
import type { Partitions } from '../assignment/partitions.ts'
import type { StreamContext } from '../context.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Rejected } from '../dispatch/outcome/aftermath.ts'
import type { LastDeadLetter } from '../health/reasons.ts'
import type { Held } from '../held/held.ts'
import type { HeldPartition } from '../held/held-partition.ts'
import { ReleasedMessage } from '../held/release/released-message.ts'
import { Ledger, type LedgerParts } from '../ledger/ledger.ts'
import { Receipts, type ReceiptsPort } from '../receipts/receipts.ts'
import type { Entry } from '../receipts/receipts-partition.ts'
import { Accounts, type End } from './accounts.ts'
import { Committer, type LastCommit } from './committer.ts'
import { DeadLetters, type DeadLettersPort } from './dead-letters.ts'

/** How long the others may wait for what the ledger has to write: it is not worth more. */
const ledgerMs = 1_000

/** How long the others wait at least for receipts, and longer only while some are written. */
const receiptsMs = 3_000
/** What receipts leave to the markers behind them and to the commit: at most so much, or half. */
const markersAndCommitMs = 2_000
/** How long the markers may take at most. */
const markersMs = 1_000

/** Of what a partition may read, and settle, ahead of its commit point. */
const crowdedShare = 0.75

export interface SettlementPort {
  readonly partitions: Partitions
  readonly held: Held
  /** Null: none is kept. */
  readonly ledger: LedgerParts | null
  /** Null: none are written. */
  readonly receipts: Omit<ReceiptsPort, 'settled'> | null
  readonly deadLetters: DeadLettersPort
  commit(entries: readonly CommitEntry[]): Promise<void>
  /** Kafka has taken commits. */
  committed(): void
  /** Offsets between commit point and read position at which a partition takes no more. */
  readonly maxSpan: number
  /** The oldest messages of the partition wait so long that it will soon take no more; or it fetches no more for want of memory. */
  crowded(partition: Partition, lacks: 'offsets' | 'memory'): void
  /** Messages of the partition ended, or what is settled ahead was found to take less room. */
  relieved(partition: Partition): void
}

export class Settlement {
  readonly accounts: Accounts
  readonly ledger: Ledger | null
  readonly receipts: Receipts | null
  readonly #context: StreamContext
  readonly #port: SettlementPort
  readonly #deadLetters: DeadLetters
  readonly #committer: Committer

  constructor(context: StreamContext, port: SettlementPort) {
    const { partitions, held } = port
    this.#context = context
    this.#port = port
    this.accounts = new Accounts(context.meter)
    this.ledger = port.ledger && new Ledger(context, port.ledger)
    this.receipts =
      port.receipts &&
      new Receipts(context, { ...port.receipts, settled: entries => this.#receipted(entries) })
    this.#deadLetters = new DeadLetters(context, port.deadLetters)
    this.#committer = new Committer(context, {
      due: () => this.#due(),
      commit: entries => port.commit(entries),
      committed: entries => {
        partitions.committed(entries)
        held.committed(entries)
        port.committed()
      }
    })
  }

  /** Null: none since the stream was started. */
  get lastDeadLetter(): LastDeadLetter | null {
    return this.#deadLetters.last
  }

  /** A partition was opened: from now on there is a commit, and so the dead letters may have their topic. */
  opened(partition: Partition | HeldPartition): void {
    if (partition instanceof Partition) this.ledger?.open(partition)
    this.#deadLetters.ensure()
    this.#committer.touch()
  }

  /** Something may be there to be committed. */
  touch(): void {
    this.#committer.touch()
  }

  /** `messages` ended, and are settled. */
  ended(end: End, messages: number): void {
    this.accounts.end(end, messages)
    this.#committer.touch()
  }

  /**
   * The target will never take it. Settled only once the dead-letter topic has it, and its receipt is written where it was
   * refused by the target and receipts are. Invariant 1
   */
  rejected({ message, destination, ...death }: Rejected): void {
    const { partition } = message.lane
    const resent = message instanceof ReleasedMessage ? message.resent : 0
    const { isRaw, sequence } = message
    message.leave()
    this.#deadLetters.put(message, { ...death, resent, isRaw, sequence }, () => {
      if (partition.closed) return // Invariant 4
      const { code, detail: answer } = death.failure
      this.ledger?.ended(message, 'deadLettered')
      if (this.#context.tap.isOn) this.#context.tap.ended('dead-lettered', message, code)
      this.#context.trace?.ended('dead_lettered', message, code)
      // What has a number was sent before it was given up: who compares numbers with receipts must find it.
      const sentTo = destination ?? (sequence === null ? undefined : '')
      if (this.receipts === null || sentTo === undefined) {
        this.#settle(message)
        this.#port.relieved(partition)
        this.ended('dead_lettered', 1)
      } else this.receipts.put(message, { destination: sentTo, attempts: death.attempts, answer, code })
    })
  }

  /** The partition is assigned elsewhere: what is pending goes back to Kafka. */
  returned(partition: Partition): void {
    this.#deadLetters.forget(partition.origin)
    this.receipts?.release(partition)
    this.accounts.end('returned', partition.pending)
    this.ledger?.release(partition.origin)
  }

  /** Waits `writesMs` at most for what is to be held or set aside, then commits what is settled. Invariant 7 */
  async drain(writesMs: number, commit: LastCommit): Promise<void> {
    const { held } = this.#port
    const leftMs = () => Math.max(0, commit.endMs - this.#context.clock.now())
    await Promise.all([this.#deadLetters.drain(writesMs), held.drain(writesMs)])
    const reserveMs = Math.min(markersAndCommitMs, leftMs() / 2)
    await this.receipts?.drain(Math.max(writesMs, receiptsMs), commit.endMs - reserveMs)
    // What was released ends only with its dead letter or its receipt. Unless a marker says so, the next owner sends it again.
    await held.drain(Math.min(markersMs, leftMs() / 2))
    await this.#committer.flush(commit)
    await this.ledger?.drain(ledgerMs)
  }

  close(): void {
    this.#committer.stop()
    this.ledger?.close()
    this.receipts?.close()
    this.#deadLetters.close()
  }

  /** Their receipts are written. */
  #receipted(entries: readonly Entry[]): void {
    const refused = entries.filter(({ ending }) => ending.kind === 'refused').length
    const partitions = new Set(entries.map(({ message }) => message.lane.partition))
    for (const { message } of entries) this.#settle(message)
    this.ended('delivered', entries.length - refused)
    this.ended('dead_lettered', refused)
    for (const partition of partitions) this.#port.relieved(partition)
  }

  /** Its dead letter or its receipt is written. */
  #settle(message: Pending): void {
    const { lane } = message
    lane.partition.settle(message)
    if (!message.left()) return
    lane.partition.lanes.remove(lane)
    this.#port.held.left(lane)
  }

  /** How full a settled set is comes out only here, maybe long after the last message ended, so some may read on. */
  #due(): CommitEntry[] {
    const { partitions, held } = this.#port
    // In one commit: nothing released is forgotten in the held topic that could be read again in its channel.
    const entries = [...partitions.due(), ...held.due()]
    for (const partition of partitions) {
      if (partition.isStretched(this.#port.maxSpan, crowdedShare)) this.#port.crowded(partition, 'offsets')
      else if (partition.full) this.#port.crowded(partition, 'memory')
      this.#port.relieved(partition)
    }
    return entries
  }
}
