// Judges the receipts once all is over: the chain of every partition is whole, whoever wrote to it, and each message that was
// delivered or refused by the target has a receipt with the hash of the bytes that were sent.

import type { LogAdmin } from '../../../../../connectors/kafka/log/log.ts'
import { Chain } from '../../../../../processors/stream/receipts/chain.ts'
import type { Ending } from '../../../../../processors/stream/receipts/receipt.ts'
import type { Ledger } from '../ledger.ts'

export async function judgeReceipts(admin: LogAdmin, topic: string, ledger: Ledger): Promise<void> {
  const found = new Map<string, Ending[]>()
  const ranges = (await admin.topic(topic)) === null ? [] : await admin.ranges(topic)
  for (const { partition, end } of ranges) {
    const chain = new Chain(partition)
    for await (const record of admin.read({ topic, partition, from: 0, to: end })) {
      const receipt = chain.take(record)
      if (receipt === null || receipt.kind === 'opened') continue
      const place = `${receipt.partition}/${receipt.offset}`
      found.set(place, [...(found.get(place) ?? []), receipt])
    }
    if (chain.broken !== null)
      ledger.wrong(`receipts ${partition}/${chain.broken.offset}: ${chain.broken.why}`)
  }
  for (const fate of ledger.fates) {
    const receipts = found.get(`${fate.partition}/${fate.offset}`) ?? []
    const kinds = receipts.map(({ kind }) => kind)
    if (fate.isConfirmed && fate.deaths === 0 && !kinds.includes('delivered'))
      ledger.wrong(`${fate.id} was delivered, and has no receipt`)
    if (fate.sent.nature === 'rejected' && fate.deaths > 0 && !kinds.includes('refused'))
      ledger.wrong(`${fate.id} was refused, and has no receipt`)
    if (receipts.some(({ sha256 }) => !fate.hashes.has(sha256)))
      ledger.wrong(`${fate.id} has a receipt of other bytes than were sent`)
    if (kinds.includes('delivered') && !fate.isConfirmed)
      ledger.wrong(`${fate.id} has a receipt, and was not delivered`)
  }
}
