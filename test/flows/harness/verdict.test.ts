import test from 'ava'
import type { Place } from './cluster.ts'
import { Ledger } from './ledger.ts'
import { type Evidence, judge } from './verdict.ts'

/** A topic of one partition in which the messages of device `d` lie in this order, and arrivals in that order. */
function evidence(stored: readonly number[], arrived: readonly number[], next?: number): Evidence {
  const ledger = new Ledger()
  for (const seq of arrived) ledger.record('d', seq)
  const committed = next === undefined ? undefined : { next, settled: [] }
  const copies: Place[][] = []
  for (const [offset, seq] of stored.entries())
    copies[seq] = [...(copies[seq] ?? []), { partition: 0, offset }]
  return {
    sent: new Map([['d', copies.length]]),
    owedFrom: new Map(),
    ledger,
    copies: new Map([['d', copies]]),
    faults:
      committed === undefined ? [] : [{ arrivals: ledger.arrivals, committed: [committed], partitions: null }]
  }
}

test('a clean run has nothing against it', t => {
  const verdict = judge(evidence([0, 1, 2], [0, 1, 2]))
  const clean = { lost: 0, altered: 0, outOfOrder: 0, duplicates: 0, bound: 0, unexplained: 0, examples: [] }
  t.deepEqual(verdict, { sent: 3, ...clean })
})

test('what never arrived is lost, unless it was not owed', t => {
  const found = evidence([0, 1, 2], [1])
  t.is(judge(found).lost, 2)
  t.like(judge({ ...found, owedFrom: new Map([['d', 1]]) }), { sent: 2, lost: 1 })
})

test('order is judged on first arrivals', t => {
  t.like(judge(evidence([0, 1, 2], [1, 0, 2])), { outOfOrder: 1, duplicates: 0 })
  t.like(judge(evidence([0, 1, 2], [0, 1, 0, 2])), { outOfOrder: 0, duplicates: 1 })
})

test('a message that its sender stored twice may arrive twice, and a third time is a duplicate', t => {
  t.like(judge(evidence([0, 0], [0, 0])), { duplicates: 0 })
  t.like(judge(evidence([0, 0], [0, 0, 0])), { duplicates: 1 })
})

test('a fault excuses what had arrived and was not committed, copies counted one by one', t => {
  t.is(judge(evidence([0, 1, 2, 3], [0, 1, 2], 1)).bound, 2)
  t.is(judge(evidence([0, 1, 2, 3], [0, 1, 2], 3)).bound, 0)
  t.is(judge(evidence([0, 0], [0], 1)).bound, 0)
  t.is(judge(evidence([0, 0], [0, 0], 1)).bound, 1)
})

test('what is settled above the commit is as good as committed', t => {
  const found = evidence([0, 1, 2, 3], [0, 1, 2])
  const committed = [{ next: 1, settled: [{ from: 2, to: 3 }] }]
  t.is(judge({ ...found, faults: [{ arrivals: 3, committed, partitions: null }] }).bound, 1)
})

test('the end of a process excuses nothing in partitions that it could not hold', t => {
  const found = evidence([0, 1], [0, 1, 1])
  const fault = { arrivals: 3, committed: [{ next: 0, settled: [] }] }
  const boundOf = (partitions: number[]) =>
    judge({ ...found, faults: [{ ...fault, partitions: new Set(partitions) }] }).bound
  t.is(boundOf([0]), 2)
  t.is(boundOf([1, 2]), 0)
})

test('only what had arrived at the fault is excused by it', t => {
  const found = evidence([0, 1], [0], 0)
  found.ledger.record('d', 1)
  found.ledger.record('d', 0)
  t.like(judge(found), { duplicates: 1, bound: 1, unexplained: 0 })
  found.ledger.record('d', 1)
  t.like(judge(found), { duplicates: 2, bound: 1, unexplained: 1 })
})

test('the excuse of one message is none for another', t => {
  const found = evidence([0, 1], [0, 1, 1])
  found.ledger.doubt('d', 0)
  t.like(judge(found), { duplicates: 1, bound: 1, unexplained: 1 })
  found.ledger.doubt('d', 1)
  t.like(judge(found), { duplicates: 1, bound: 2, unexplained: 0 })
})

test('the examples of a verdict are few of each partition', t => {
  const found = evidence([0, 1, 2, 3, 4, 5], [])
  const elsewhere = [[{ partition: 1, offset: 0 }]]
  const sent = new Map([...found.sent, ['e', 1]])
  const { lost, examples } = judge({ ...found, sent, copies: new Map([...found.copies, ['e', elsewhere]]) })
  t.is(lost, 7)
  t.deepEqual(
    examples.map(example => example.split(' ')[0]),
    ['d/0', 'd/1', 'd/2', 'e/0']
  )
})
