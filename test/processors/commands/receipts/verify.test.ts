// Files of receipts: nothing in them can be changed, taken out or put elsewhere without a break, also what no hash covers.

import test from 'ava'
import { lineOf, recordIn } from '../../../../processors/commands/receipts/line.ts'
import { chainsOf } from '../../../../processors/commands/receipts/verify.ts'
import { beginning, encodeReceipt, type Opening } from '../../../../processors/stream/receipts/receipt.ts'

const opening: Omit<Opening, 'owner'> = {
  ...{ kind: 'opened', stream: 'acme', partition: 0, group: 'tailrace.acme' },
  opened: '2026-01-01T00:00:00.000Z'
}

/** Three that count, with a void one before the last, and one behind it. */
function lines(): string[] {
  const written: string[] = []
  let previous = beginning
  for (const [offset, at] of [0, 1, 1, 3, 3].entries()) {
    const { record, hash } = encodeReceipt({ ...opening, owner: `owner-${offset}` }, { at, previous })
    if (at === offset) previous = hash
    written.push(lineOf(0, { offset, key: null, value: record.value, headers: [] }))
  }
  return written
}

/** Where it breaks; null where it is whole. */
async function brokenAt(file: readonly string[]): Promise<number | null> {
  const placed = file.map(line => recordIn(line.trimEnd()))
  async function* all() {
    for (const one of placed) if (one !== null) yield one
  }
  if (placed.includes(null)) return -1
  const chains = await chainsOf(all(), {})
  return chains.find(({ broken }) => broken !== null)?.broken?.offset ?? null
}

test('a file is whole as it was exported, with what is void in it', async t => {
  t.is(await brokenAt(lines()), null)
})

test('no bit of a file can be flipped without a break, also around the receipts', async t => {
  const file = lines()
  for (const [at, line] of file.entries())
    for (let place = 0; place < line.length - 1; place++)
      for (const bit of [1, 2, 4, 8, 16]) {
        const bytes = Buffer.from(line)
        bytes[place] = (bytes[place] ?? 0) ^ bit
        const broken = await brokenAt([...file.slice(0, at), bytes.toString(), ...file.slice(at + 1)])
        if (broken === null) t.fail(`line ${at}, byte ${place}: ${bytes}`)
      }
  t.pass()
})

test('a line in the middle cannot be taken out, and where only the beginning is missing that is told', async t => {
  const [first = '', ...others] = lines()
  t.is(await brokenAt([first, ...others.slice(1)]), 2)
  const chains = await chainsOf(
    (async function* () {
      for (const line of others) {
        const placed = recordIn(line.trimEnd())
        if (placed !== null) yield placed
      }
    })(),
    {}
  )
  t.like(chains[0], { broken: null, isCut: true })
})

test('partitions of which nothing is left are told, and whether there was something', async t => {
  const none = (async function* () {})()
  const chains = await chainsOf(none, {
    ranges: [
      { partition: 0, start: 0, end: 0 },
      { partition: 1, start: 7, end: 7 }
    ]
  })
  t.deepEqual(
    chains.map(({ partition, head, isCut }) => ({ partition, head, isCut })),
    [
      { partition: 0, head: null, isCut: false },
      { partition: 1, head: null, isCut: true }
    ]
  )
})
