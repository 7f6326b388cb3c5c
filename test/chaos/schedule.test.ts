import test from 'ava'
import { crewKinds, drawSchedule, firstCrew, receiverKinds } from './schedule.ts'

const lengthMs = 20 * 60_000

test('the same seed gives the same schedule, another seed another', t => {
  t.deepEqual(drawSchedule(7, lengthMs), drawSchedule(7, lengthMs))
  t.notDeepEqual(drawSchedule(7, lengthMs), drawSchedule(8, lengthMs))
})

test('every kind of fault is in a long schedule, and all are over by its end', t => {
  const { broker, crew, receiver } = drawSchedule(1, lengthMs)
  const kindsOf = (faults: readonly { kind: string }[]) => [...new Set(faults.map(({ kind }) => kind))].sort()
  t.deepEqual(kindsOf(broker), ['brokerKilled'])
  t.deepEqual(kindsOf(crew), [...crewKinds].sort())
  t.deepEqual(kindsOf(receiver), [...receiverKinds].sort())
  for (const { atMs, forMs } of [...broker, ...crew, ...receiver]) t.true(atMs + forMs <= lengthMs)
})

test('only processes that are there are killed, restarted or leave, and one is always left', t => {
  for (let seed = 0; seed < 50; seed++) {
    const up = new Set(firstCrew)
    for (const { kind, slots } of drawSchedule(seed, lengthMs).crew) {
      for (const slot of slots) t.is(up.has(slot), kind !== 'joined')
      for (const slot of slots) if (kind === 'joined') up.add(slot)
      for (const slot of slots) if (kind === 'left') up.delete(slot)
      t.true(up.size > 0)
    }
  }
})
