import { EventEmitter } from 'node:events'
import test from 'ava'
import { watchProcess } from '../../../processors/service/shutdown.ts'

class FakeHost extends EventEmitter {
  readonly exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

function setUp() {
  const host = new FakeHost()
  const logged: [string, unknown][] = []
  const log = (name: string, fields?: Readonly<Record<string, unknown>>) => logged.push([name, fields?.fatal])
  const counts = { reread: 0 }
  const shutdown = watchProcess(host, { log, reread: () => void counts.reread++ })
  return { host, logged, counts, shutdown }
}

test('the first signal asks for a stop, the second ends the process with the code of its signal', t => {
  const { host, shutdown } = setUp()
  t.false(shutdown.signal.aborted)
  host.emit('SIGTERM')
  t.true(shutdown.signal.aborted)
  t.deepEqual(host.exits, [])
  host.emit('SIGINT')
  t.deepEqual(host.exits, [130])
  host.emit('SIGTERM')
  t.deepEqual(host.exits, [130, 143])
})

test('what kafkajs rejects unobserved is logged and survived', t => {
  const { host, logged } = setUp()
  host.emit('unhandledRejection', Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' }))
  t.deepEqual(logged, [['rejection_unhandled', false]])
  t.deepEqual(host.exits, [])
})

test('any other rejection that nobody handles ends the process with 1', t => {
  const { host, logged } = setUp()
  host.emit('unhandledRejection', new TypeError('x is undefined'))
  t.deepEqual(logged, [['rejection_unhandled', true]])
  t.deepEqual(host.exits, [1])
})

test('SIGHUP asks for the configuration to be read again, and is left alone where it means a closed terminal', t => {
  const { host, counts } = setUp()
  host.emit('SIGHUP')
  t.is(counts.reread, 1)
  const other = new FakeHost()
  watchProcess(other, { log: () => {}, reread: null })
  t.is(other.listenerCount('SIGHUP'), 0)
})

test('nothing is listened to after dispose', t => {
  const { host, shutdown } = setUp()
  shutdown.dispose()
  t.deepEqual(host.eventNames(), [])
})
