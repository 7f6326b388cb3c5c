// A batch on its way to its numbers, which may be given up like an attempt: what has been begun goes on, and what was given
// is found again.

import type { PendingBatch } from '../dispatch/batch.ts'
import type { Rejection } from '../dispatch/outcome/verdict.ts'
import type { Sequences } from './sequences.ts'

export class Numbering {
  readonly #sequences: Sequences
  readonly #batch: PendingBatch
  #giveUp: () => void = () => {}

  constructor(sequences: Sequences, batch: PendingBatch) {
    this.#sequences = sequences
    this.#batch = batch
  }

  /** Resolves with those that can have none; with none of these, too, when it was given up. */
  run(): Promise<readonly Rejection[]> {
    return new Promise(resolve => {
      this.#giveUp = () => resolve([])
      void this.#sequences.number(this.#batch.messages).then(resolve)
    })
  }

  /** Its partitions, or the process, are going away. */
  abort(): void {
    this.#giveUp()
  }
}
