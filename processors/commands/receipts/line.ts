// Receipts in a file: one line of JSON for each record, with the very text that Kafka holds at its end, so that its hash can
// be worked out again from the line alone. One that counts for nothing (sole-writer.ts) is marked, since nothing in it says so.

import type { ChainRecord } from '../../stream/receipts/chain.ts'
import { decodeReceipt } from '../../stream/receipts/receipt.ts'

export interface Placed {
  readonly partition: number
  readonly record: ChainRecord
  /** What the line of a file says of a receipt: that it counts for nothing, or that it does. */
  readonly isVoid?: boolean
}

export function lineOf(partition: number, { offset, key, value, headers }: ChainRecord): string {
  const isPlain = key === null && headers.length === 0
  const receipt = isPlain ? decodeReceipt(value) : null
  if (receipt !== null)
    return `{"partition":${partition},"offset":${offset},"${receipt.at < offset ? 'void' : 'receipt'}":${value}}\n`
  // What is no receipt is kept as it is: the place where it stands is where the chain breaks.
  const bytes = value?.toString('base64') ?? ''
  return `{"partition":${partition},"offset":${offset},"${isPlain ? 'bytes' : 'keyed'}":"${bytes}"}\n`
}

const form = /^\{"partition":(\d+),"offset":(\d+),"(receipt|void|bytes|keyed)":(.*)\}$/s

/** Null for a line that is none of a file of receipts. */
export function recordIn(line: string): Placed | null {
  const [, partition, offset, kind, rest = ''] = form.exec(line) ?? []
  if (kind === undefined) return null
  const isReceipt = kind === 'receipt' || kind === 'void'
  const value = isReceipt ? Buffer.from(rest) : Buffer.from(rest.slice(1, -1), 'base64')
  const key = kind === 'keyed' ? Buffer.alloc(0) : null
  const record = { offset: Number(offset), key, value, headers: [] }
  return { partition: Number(partition), record, ...(isReceipt && { isVoid: kind === 'void' }) }
}
