import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Clock } from '../../../connectors/clock.ts'
import { settle } from '../../../connectors/virtual-clock.ts'
import { Fleet, type FleetMessage } from './fleet.ts'
import { Ledger } from './ledger.ts'
import { instanceHeader, Receiver } from './receiver.ts'
import { until } from './until.ts'

const name = 'sender'

/** A receiver that answers whoever waits when `answer` is called, and not before. */
async function openReceiver(t: ExecutionContext) {
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-receiver-'))
  const waiting: (() => void)[] = []
  const after: Clock['after'] = (_, fn) => {
    waiting.push(fn)
    return () => {}
  }
  const clock = { now: () => 0, random: () => 0, after }
  const ledger = new Ledger()
  const receiver = await Receiver.open({ ledger, logFile: join(dir, 'receiver.log'), clock })
  t.teardown(async () => {
    await receiver.close()
    await rm(dir, { recursive: true })
  })
  const message = new Fleet(1).next('d')
  return {
    receiver,
    /** Sends a message, and resolves once the receiver has recorded it. */
    async send(socket: Socket): Promise<void> {
      request(socket, message)
      await until('the request is recorded', () => waiting.length > 0)
    },
    answer(): void {
      for (const fn of waiting.splice(0)) fn()
    },
    doubts: () => ledger.doubts('d', message.seq)
  }
}

/** A sender that reads nothing until it is told to. */
function open({ url }: Receiver): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.pause()
  return socket
}

function request(socket: Socket, { value }: FleetMessage): void {
  const head = [
    'POST / HTTP/1.1',
    'host: receiver',
    `${instanceHeader}: ${name}`,
    `content-length: ${value.length}`
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${value}`)
}

test('an answer that was read is no doubt, however the sender closes then', async t => {
  const { receiver, send, answer, doubts } = await openReceiver(t)
  for (const close of ['end', 'destroy'] as const) {
    const socket = open(receiver)
    await send(socket)
    answer()
    await once(socket.resume(), 'data')
    socket[close]()
    await receiver.untilGone(name)
    t.is(doubts(), 0)
  }
})

test('an answer that is still unread when its sender closes is a doubt', async t => {
  const { receiver, send, answer, doubts } = await openReceiver(t)
  const socket = open(receiver)
  await send(socket)
  answer()
  await settle()
  socket.destroy()
  await receiver.untilGone(name)
  t.is(doubts(), 1)
})

test('an answer to a sender that has closed is a doubt, whether the receiver knows it yet or not', async t => {
  const { receiver, send, answer, doubts } = await openReceiver(t)
  for (const turns of [0, 1, 2, 3]) {
    const before = doubts()
    const socket = open(receiver)
    await send(socket)
    socket.destroy()
    for (let turn = 0; turn < turns; turn++) await settle()
    answer()
    await receiver.untilGone(name)
    t.is(doubts() - before, 1, `after ${turns} turns`)
  }
})

test('whoever makes another request has read the answer to the one before', async t => {
  const { receiver, send, answer, doubts } = await openReceiver(t)
  const socket = open(receiver)
  await send(socket)
  answer()
  await once(socket.resume(), 'data')
  await send(socket)
  socket.resetAndDestroy()
  await receiver.untilGone(name)
  t.is(doubts(), 1) // of the second request alone
})

test('an unread answer of a sender that is killed says nothing', async t => {
  const { receiver, send, answer, doubts } = await openReceiver(t)
  const socket = open(receiver)
  await send(socket)
  answer()
  await settle()
  receiver.noteDying(name)
  socket.destroy()
  await receiver.untilGone(name)
  t.is(doubts(), 0)
})
