import test from 'ava'
import { Trouble } from '../../../../../../connectors/kafka/log/kafkajs/consumer/trouble.ts'
import { FaultError } from '../../../../../../schemas/errors.ts'

function open() {
  const told: string[] = []
  const trouble = new Trouble(
    {
      group: 'acme',
      topics: ['fleet'],
      birthMs: () => 0,
      maxFetchBytes: 1,
      onRebuilt: () => told.push('rebuilt')
    },
    name => told.push(name),
    {
      onAssigned() {},
      onRevoking: async () => {},
      onRecords() {},
      onPositionLost() {},
      onFault: fault => told.push(`fault ${fault.code}`)
    }
  )
  return { trouble, told }
}

test('a consumer that was in its group counts as rebuilt, one that was not yet does not', t => {
  const { trouble, told } = open()
  const unreachable = new FaultError('kafka_unreachable')
  trouble.report(unreachable, { wasMember: false, repeated: false })
  t.deepEqual(told, ['kafka_waiting'])
  trouble.report(unreachable, { wasMember: true, repeated: false })
  t.deepEqual(told, ['kafka_waiting', 'consumer_rebuilt', 'rebuilt', 'kafka_waiting'])
})

test('the same trouble is told once, another one anew', t => {
  const { trouble, told } = open()
  trouble.report(new FaultError('kafka_unauthorized'), { wasMember: false, repeated: false })
  trouble.report(new FaultError('kafka_unauthorized'), { wasMember: false, repeated: true })
  trouble.report(new TypeError('x is undefined'), { wasMember: false, repeated: true })
  t.deepEqual(told, ['fault kafka_unauthorized', 'fault consumer_failed'])
})

test('a refused commit is no trouble: the group is joining anew', t => {
  const { trouble, told } = open()
  trouble.report(new FaultError('commit_refused'), { wasMember: false, repeated: false })
  t.deepEqual(told, [])
})
