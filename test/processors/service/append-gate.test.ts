import test from 'ava'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { AppendGate } from '../../../processors/service/append-gate.ts'
import { FaultError } from '../../../schemas/errors.ts'

test('nothing is appended before the gate is open', async t => {
  const appended: string[] = []
  const gate = new AppendGate({ append: async topic => void appended.push(topic) }, new VirtualClock())
  await t.throwsAsync(gate.append('fleet', []), { code: 'kafka_unavailable' })
  gate.open()
  await gate.opened
  await gate.append('fleet', [])
  t.deepEqual(appended, ['fleet'])
})

test('it is known for which topics Kafka takes nothing, until it takes something again', async t => {
  const faults: Record<string, FaultError> = {
    fleet: new FaultError('kafka_unavailable', { detail: 'not enough replicas' }),
    boats: new FaultError('body_too_large')
  }
  const append = async (topic: string) => {
    const fault = faults[topic]
    if (fault !== undefined) throw fault
  }
  const clock = new VirtualClock()
  const gate = new AppendGate({ append }, clock)
  gate.open()
  for (const topic of ['fleet', 'fleet', 'boats']) await t.throwsAsync(gate.append(topic, []))
  t.like(gate.trouble('fleet'), { code: 'kafka_unavailable', attempt: 2 })
  t.regex(gate.trouble('fleet')?.detail ?? '', /not enough replicas/)
  t.is(gate.trouble('boats'), null, 'the messages were the reason')
  await clock.advance(299_000)
  t.not(gate.trouble('fleet'), null)
  await clock.advance(1_000)
  t.is(gate.trouble('fleet'), null, 'nothing came since')
  await t.throwsAsync(gate.append('fleet', []))
  t.is(gate.trouble('fleet')?.attempt, 1)
  delete faults.fleet
  await gate.append('fleet', [])
  t.is(gate.trouble('fleet'), null)
})

test('that Kafka takes long is told before it has refused', async t => {
  const clock = new VirtualClock()
  const answers: (() => void)[] = []
  const gate = new AppendGate({ append: () => new Promise(resolve => answers.push(resolve)) }, clock)
  gate.open()
  const first = gate.append('fleet', [])
  await clock.advance(4_000)
  const second = gate.append('fleet', [])
  t.is(gate.trouble('fleet'), null)
  await clock.advance(2_000)
  t.is(gate.waitsMs('fleet'), 6_000)
  t.like(gate.trouble('fleet'), { code: 'kafka_unavailable' })
  t.is(gate.trouble('boats'), null)
  answers[0]?.()
  await first
  t.is(gate.waitsMs('fleet'), 2_000)
  t.is(gate.trouble('fleet'), null)
  answers[1]?.()
  await second
  t.is(gate.waitsMs('fleet'), 0)
})
