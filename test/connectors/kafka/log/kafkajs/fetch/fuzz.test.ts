import test from 'ava'
import { OldFormatError } from '../../../../../../connectors/kafka/log/kafkajs/fetch/record-set.ts'
import { decodeResponse, readOutline } from '../../../../../../connectors/kafka/log/kafkajs/fetch/response.ts'
import { type Random, seeded } from '../../../../../seeded.ts'
import { randomPartition } from './generate.ts'
import { linesOf } from './oracle.ts'
import { wireResponse } from './wire.ts'

/** Flips bits, writes extreme bytes, cuts pieces out: a few times each. */
function mutate(bytes: Buffer, random: Random): Buffer {
  let mutant = Buffer.from(bytes)
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * mutant.length)
    const kind = random()
    if (kind < 0.4) mutant.writeUInt8(mutant.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at)
    else if (kind < 0.7) mutant.writeUInt8([0, 0x7f, 0x80, 0xff][Math.floor(random() * 4)] ?? 0, at)
    else if (kind < 0.9) {
      const length = Math.floor(random() * 8)
      mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(Math.min(at + length, mutant.length))])
      if (mutant.length === 0) return mutant
    } else return mutant.subarray(0, at)
  }
  return mutant
}

/** True when the mutant decoded, whole or up to a reported corruption; false when it was refused as a whole. */
async function survives(bytes: Buffer): Promise<boolean> {
  const context = { checkCrc: false, position: () => 0, onCorrupt: () => {} }
  try {
    const { responses } = await decodeResponse(readOutline(bytes), context)
    for (const { partitions } of responses) for (const { messages } of partitions) linesOf(messages)
    return true
  } catch (error) {
    if (error instanceof OldFormatError || error instanceof RangeError) return false
    throw error
  }
}

test('20,000 mutated responses decode, are reported as corrupt, or are refused, and nothing else happens', async t => {
  const random = seeded(77)
  const bases = Array.from({ length: 200 }, () => {
    const partitions = Array.from({ length: 1 + Math.floor(random() * 2) }, (_, index) =>
      randomPartition(random, index)
    )
    return wireResponse('t', partitions)
  }).filter(({ length }) => length < 20_000)
  let decoded = 0
  for (let run = 0; run < 20_000; run++) {
    const base = bases[run % bases.length] ?? Buffer.alloc(0)
    if (await survives(mutate(base, random))) decoded++
  }
  t.true(decoded > 5_000 && decoded < 20_000, `${decoded} decoded`)
})
