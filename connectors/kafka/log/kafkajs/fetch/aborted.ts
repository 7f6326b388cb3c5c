// Read committed: which batches of a fetched partition belong to aborted transactions. Kafka names each aborted
// transaction of the fetched range by producer and first offset; it lasts until the producer's abort marker, a
// control batch. Must be asked about the batches in the order in which they stand.

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/** What the decision depends on. */
export interface TransactionalBatch {
  readonly lastOffset: number
  readonly producerId: bigint
  readonly transactional: boolean
}

export class AbortedTransactions {
  /** By first offset, the next one last. */
  readonly #ahead: AbortedTransaction[]
  readonly #open = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#ahead = transactions.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Whether the records of this data batch were taken back. */
  covers(batch: TransactionalBatch): boolean {
    this.#openUpTo(batch.lastOffset)
    return batch.transactional && this.#open.has(batch.producerId)
  }

  /** An abort marker stands here: later batches of this producer are of another transaction. */
  end(marker: TransactionalBatch): void {
    this.#openUpTo(marker.lastOffset)
    this.#open.delete(marker.producerId)
  }

  #openUpTo(offset: number): void {
    for (let next = this.#ahead.at(-1); next && next.firstOffset <= offset; next = this.#ahead.at(-1)) {
      this.#open.add(next.producerId)
      this.#ahead.pop()
    }
  }
}
