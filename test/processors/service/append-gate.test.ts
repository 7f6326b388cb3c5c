import test from 'ava'
import { AppendGate } from '../../../processors/service/append-gate.ts'
import { FaultError } from '../../../schemas/errors.ts'

test('nothing is appended before the gate is open', async t => {
  const appended: string[] = []
  const gate = new AppendGate({ append: async topic => void appended.push(topic) })
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
  const gate = new AppendGate({
    append: async topic => {
      const fault = faults[topic]
      if (fault !== undefined) throw fault
    }
  })
  gate.open()
  for (const topic of ['fleet', 'fleet', 'boats']) await t.throwsAsync(gate.append(topic, []))
  t.like(gate.trouble('fleet'), { code: 'kafka_unavailable', attempt: 2 })
  t.regex(gate.trouble('fleet')?.detail ?? '', /not enough replicas/)
  t.is(gate.trouble('boats'), null, 'the messages were the reason')
  delete faults.fleet
  await gate.append('fleet', [])
  t.is(gate.trouble('fleet'), null)
})
