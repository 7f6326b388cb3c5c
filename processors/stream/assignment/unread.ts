// What was fetched of a partition and not taken yet, as it came from Kafka: bytes, and no object per message. Messages
// are made of them when they can be sent, so that a large fetch does not become thousands of objects that outlive
// several garbage collections, each of which would copy them.

import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import { overheadBytes } from '../dispatch/lane.ts'

export class Unread {
  /** One past the last offset fetched. */
  next: number
  readonly #chunks: RecordChunk[] = []
  /** Of all chunks but the head. */
  #bytesBehind = 0

  constructor(position: number) {
    this.next = position
  }

  /** The chunk whose records are next. */
  get head(): RecordChunk | null {
    return this.#chunks[0] ?? null
  }

  /** What it takes in memory, and its messages will. Invariant 5 */
  get bytes(): number {
    return this.head === null ? 0 : costOf(this.head) + this.#bytesBehind
  }

  add(chunk: RecordChunk): void {
    if (this.#chunks.length > 0) this.#bytesBehind += costOf(chunk)
    this.#chunks.push(chunk)
    this.next = chunk.lastOffset + 1
  }

  /** Drops the head. */
  shift(): void {
    this.#chunks.shift()
    if (this.head !== null) this.#bytesBehind -= costOf(this.head)
  }

  clear(): void {
    this.#chunks.length = 0
    this.#bytesBehind = 0
  }
}

/** What a chunk takes in which nothing was wanted: it still tells how far it reaches. */
const emptyBytes = 512

function costOf({ leftBytes, left, leftOut }: RecordChunk): number {
  return leftBytes + left * overheadBytes + (leftOut > 0 ? emptyBytes : 0)
}
