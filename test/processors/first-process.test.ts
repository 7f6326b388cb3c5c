import { EventEmitter } from 'node:events'
import test from 'ava'
import { endAtSignals } from '../../processors/first-process.ts'

class Host extends EventEmitter {
  readonly pid: number
  readonly exits: number[] = []

  constructor(pid: number) {
    super()
    this.pid = pid
  }

  exit(code: number): void {
    this.exits.push(code)
  }
}

test('the first process of a container ends at a signal to which nothing listens yet', t => {
  const host = new Host(1)
  endAtSignals(host)
  host.emit('SIGTERM')
  host.emit('SIGINT')
  t.deepEqual(host.exits, [143, 130])
})

test('once a command listens to a signal it alone says what becomes of it', t => {
  const host = new Host(1)
  endAtSignals(host)
  const drain = () => {}
  host.on('SIGTERM', drain)
  host.emit('SIGTERM')
  t.deepEqual(host.exits, [])
  host.emit('SIGINT')
  t.deepEqual(host.exits, [130])
  host.off('SIGTERM', drain)
  host.emit('SIGTERM')
  t.deepEqual(host.exits, [130, 143])
})

test('every other process has its signals as the system gives them', t => {
  const host = new Host(4711)
  endAtSignals(host)
  t.is(host.listenerCount('SIGTERM'), 0)
})
