// Goes along the receipts of one partition and finds the first place where they are not what was written. What retention
// has taken from the beginning is not missed: the first that is left tells which hash came before it.

import type { LogRecord } from '../../../connectors/kafka/log/log.ts'
import { beginning, decodeReceipt, type Receipt } from './receipt.ts'

/** Where it breaks, and how. */
export interface Break {
  readonly offset: number
  readonly why: string
}

export type ChainRecord = Pick<LogRecord, 'offset' | 'key' | 'value' | 'headers'>

export class Chain {
  readonly partition: number
  /** Receipts of messages. */
  receipts = 0
  /** Records of a process that had lost the partition: they count for nothing. */
  voids = 0
  /** When the first and the last of those that count were written; empty while there is none. */
  firstTime = ''
  lastTime = ''
  /** The hash of the last that counts; null while there is none. */
  head: string | null = null
  /** What came before is gone: retention has taken it, or somebody has deleted it. */
  isCut = false
  /** Null while nothing is wrong. */
  broken: Break | null = null

  constructor(partition: number) {
    this.partition = partition
  }

  /** What stood before what is left is gone. */
  cut(): void {
    this.isCut = true
  }

  /** Takes the next record. Returns it as a receipt where it counts; after a break none does. */
  take(record: ChainRecord): Receipt | null {
    if (this.broken !== null) return null
    const found = this.#look(record)
    if (typeof found !== 'string') return found
    this.broken = { offset: record.offset, why: found }
    return null
  }

  /** The receipt; null for a void record; or why it cannot be right. */
  #look({ offset, key, value, headers }: ChainRecord): Receipt | null | string {
    if (key !== null || headers.length > 0) return 'it has a key or headers, which no receipt has'
    const receipt = decodeReceipt(value)
    if (receipt === null) return 'its bytes are not those that were written'
    if (receipt.partition !== this.partition) return `it was written to partition ${receipt.partition}`
    if (receipt.at > offset) return `it was written to offset ${receipt.at}`
    if (receipt.at < offset) {
      this.voids++
      return null
    }
    const isFirst = this.head === null
    if (isFirst && offset === 0 && receipt.previous !== beginning)
      return 'it is not the first that was written'
    if (!isFirst && receipt.previous !== this.head) return 'what stands before it is not what stood there'
    this.#add(receipt)
    return receipt
  }

  #add(receipt: Receipt): void {
    if (this.head === null && (receipt.previous !== beginning || receipt.at > 0)) this.cut()
    this.head = receipt.hash
    this.lastTime = receipt.kind === 'opened' ? receipt.opened : receipt.answered
    if (this.firstTime === '') this.firstTime = this.lastTime
    if (receipt.kind !== 'opened') this.receipts++
  }
}
