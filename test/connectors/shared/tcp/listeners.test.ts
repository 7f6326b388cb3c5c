// Listeners of TCP sources: how many may connect, who is idle, what a change of the configuration leaves alone, and how
// they end.

import type { Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Clock } from '../../../../connectors/clock.ts'
import type { Feed } from '../../../../connectors/connector.ts'
import { addressOf, type Session } from '../../../../connectors/shared/tcp/listener.ts'
import { type Door, type ListenConfig, Listeners } from '../../../../connectors/shared/tcp/listeners.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { senderAt, Told } from './harness.ts'

type TestFeed = Feed<ListenConfig>

/** Says the name of its channel for every chunk, and is busy while it is told to be. */
class Parrot implements Session {
  static busy = false
  static isUnwanted = false
  readonly #socket: Socket

  constructor(socket: Socket, door: Door<TestFeed>) {
    this.#socket = socket
    socket.on('data', () => void socket.write(door.feed.channel))
    socket.on('end', () => this.finish())
  }

  get isBusy(): boolean {
    return Parrot.busy
  }

  finish(): void {
    if (!Parrot.busy) this.#socket.destroySoon()
  }

  renewed(): void {
    if (Parrot.isUnwanted) this.finish()
  }
}

function feedOf(channel: string, config: Partial<ListenConfig> = {}): TestFeed {
  return {
    channel,
    config: { host: '127.0.0.1', port: 0, maxConnections: 10, idleTimeoutMs: 0, ...config },
    append: async () => {},
    setAside: async () => {}
  }
}

function listenersFor(t: ExecutionContext, clock?: Clock): { listeners: Listeners<TestFeed>; told: Told } {
  const told = new Told()
  const env = told.env(clock === undefined ? {} : { clock })
  const listeners = new Listeners<TestFeed>({
    kind: 'parrot',
    feeds: [],
    env,
    serve: (socket, door) => new Parrot(socket, door)
  })
  t.teardown(() => listeners.stop(0))
  t.teardown(() => {
    Parrot.busy = false
    Parrot.isUnwanted = false
  })
  return { listeners, told }
}

/** One that nobody listens on. */
async function freePort(t: ExecutionContext): Promise<number> {
  const { listeners } = listenersFor(t)
  await listeners.serve([feedOf('x')])
  const [port = 0] = listeners.ports
  await listeners.stop(0)
  return port
}

test.serial('connections beyond the most are closed, counted, and told once a minute', async t => {
  const { listeners, told } = listenersFor(t)
  await listeners.serve([feedOf('fleet', { maxConnections: 2 })])
  const [port = 0] = listeners.ports
  const first = await senderAt(t, port)
  await senderAt(t, port)
  await until('two connections', () => listeners.connections === 2)
  const crowd = [await senderAt(t, port), await senderAt(t, port)]
  await until('the others were closed', () => crowd.every(({ isClosed }) => isClosed))
  t.deepEqual(told.refused, [
    ['fleet', 'connections_exceeded'],
    ['fleet', 'connections_exceeded']
  ])
  t.is(told.lines('sender_refused').length, 1)
  t.like(told.lines('sender_refused')[0], { channel: 'fleet', code: 'connections_exceeded', refused: 1 })
  first.socket.destroy()
  await until('a free place', () => listeners.connections === 1)
  await senderAt(t, port)
  await until('two again', () => listeners.connections === 2)
})

test.serial('a connection over which nothing comes is closed, and one that waits for us is not', async t => {
  const clock = new VirtualClock()
  const { listeners } = listenersFor(t, clock)
  await listeners.serve([feedOf('fleet', { idleTimeoutMs: 1000 })])
  const [port = 0] = listeners.ports
  const quiet = await senderAt(t, port)
  await until('a connection', () => listeners.connections === 1)
  await clock.advance(900)
  quiet.socket.write('x')
  await until('an answer', () => quiet.heard.length > 0)
  await clock.advance(900)
  t.false(quiet.isClosed)
  Parrot.busy = true
  await clock.advance(5000)
  t.false(quiet.isClosed)
  Parrot.busy = false
  await clock.advance(1500)
  await until('the idle one was closed', () => quiet.isClosed && listeners.connections === 0)
  t.is(clock.waiting, 0)
})

test.serial('a changed configuration leaves the connections of addresses that stay', async t => {
  const { listeners } = listenersFor(t)
  await listeners.serve([feedOf('a'), feedOf('b')])
  const [portA = 0, portB = 0] = listeners.ports
  // From now on as written in a configuration: by port.
  await listeners.stop(0)
  await listeners.serve([feedOf('a', { port: portA }), feedOf('b', { port: portB })])
  const [stays, goes] = [await senderAt(t, portA), await senderAt(t, portB)]
  await until('two connections', () => listeners.connections === 2)
  await listeners.serve([feedOf('c', { port: portA, maxConnections: 1 })])
  await until('the removed one was closed', () => goes.isClosed)
  stays.socket.write('x')
  await until('an answer', () => stays.heard.length > 0)
  t.is(stays.heard.toString(), 'c')
  const surplus = await senderAt(t, portA)
  await until('the new limit holds', () => surplus.isClosed)
})

test.serial('a connection that the settings of now do not let go on ends', async t => {
  const { listeners } = listenersFor(t)
  await listeners.serve([feedOf('a')])
  const sender = await senderAt(t, listeners.ports[0] ?? 0)
  await until('a connection', () => listeners.connections === 1)
  await listeners.serve([feedOf('a')])
  t.is(listeners.connections, 1)
  Parrot.isUnwanted = true
  await listeners.serve([feedOf('a')])
  await until('the end', () => sender.isClosed)
})

test.serial('a host alone may change, though the old address stands in the way of the new one', async t => {
  const { listeners, told } = listenersFor(t)
  const port = await freePort(t)
  await listeners.serve([feedOf('a', { port })])
  const before = await senderAt(t, port)
  await until('a connection', () => listeners.connections === 1)
  await listeners.serve([feedOf('a', { port, host: '0.0.0.0' })])
  t.deepEqual(listeners.ports, [port])
  await until('the old connection ended', () => before.isClosed)
  const after = await senderAt(t, port)
  after.socket.write('x')
  await until('an answer', () => after.heard.toString() === 'a')
  t.deepEqual(
    told.lines('listener_opened').map(({ host }) => host),
    ['127.0.0.1', '0.0.0.0']
  )
})

test.serial(
  'where the new addresses cannot all be opened, the old one that had to leave listens again',
  async t => {
    const { listeners } = listenersFor(t)
    const other = listenersFor(t)
    await other.listeners.serve([feedOf('other')])
    const [used = 0] = other.listeners.ports
    const port = await freePort(t)
    await listeners.serve([feedOf('a', { port })])
    const stays = await senderAt(t, port)
    await until('a connection', () => listeners.connections === 1)
    const changed = [feedOf('a', { port, host: '0.0.0.0' }), feedOf('b', { port: used })]
    await t.throwsAsync(listeners.serve(changed), { code: 'listen_failed' })
    const fresh = await senderAt(t, port)
    for (const { socket } of [stays, fresh]) socket.write('x')
    await until('both are answered', () => [stays, fresh].every(({ heard }) => heard.toString() === 'a'))
    await listeners.stop(0)
    await until('both were closed', () => stays.isClosed && fresh.isClosed)
  }
)

test.serial('an address that is in use is a fault, and nothing has changed', async t => {
  const { listeners } = listenersFor(t)
  const other = listenersFor(t)
  await other.listeners.serve([feedOf('other')])
  const [used = 0] = other.listeners.ports
  await listeners.serve([feedOf('a')])
  const [port = 0] = listeners.ports
  const error = await t.throwsAsync(
    listeners.serve([feedOf('a'), feedOf('b'), feedOf('c', { port: used })]),
    { instanceOf: FaultError }
  )
  t.like(error, { code: 'listen_failed' })
  t.regex(error?.detail ?? '', /EADDRINUSE/)
  t.deepEqual(listeners.ports, [port])
  const sender = await senderAt(t, port)
  sender.socket.write('x')
  await until('an answer', () => sender.heard.toString() === 'a')
})

test.serial('two feeds at one address are a mistake in the configuration', async t => {
  const { listeners } = listenersFor(t)
  const error = await t.throwsAsync(listeners.serve([feedOf('a', { port: 5 }), feedOf('b', { port: 5 })]), {
    instanceOf: FaultError
  })
  t.like(error, { code: 'config_invalid', path: 'channels.b.sources' })
})

test.serial('stop() waits for sessions that are busy, and cuts them at the deadline', async t => {
  const clock = new VirtualClock()
  const { listeners } = listenersFor(t, clock)
  await listeners.serve([feedOf('fleet')])
  const [port = 0] = listeners.ports
  const sender = await senderAt(t, port)
  await until('a connection', () => listeners.connections === 1)
  Parrot.busy = true
  const stopped = listeners.stop(3000)
  await clock.advance(2999)
  t.is(listeners.connections, 1)
  await clock.advance(1)
  await stopped
  await until('the sender knows', () => sender.isClosed)
  t.is(clock.waiting, 0)
})

test.serial('an IPv4 sender at an IPv6 listener is named by its IPv4 address', t => {
  t.is(addressOf({ remoteAddress: '::ffff:192.0.2.1', remotePort: 5 }), '192.0.2.1 port 5')
  t.is(addressOf({ remoteAddress: '2001:db8::1', remotePort: 5 }), '2001:db8::1 port 5')
})
