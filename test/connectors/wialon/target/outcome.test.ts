// What answers and errors mean, entry by entry.

import test from 'ava'
import { acknowledgementOf } from '../../../../connectors/wialon/acknowledgement.ts'
import {
  connectFault,
  outcomeOfConnect,
  outcomeOfExchange,
  outcomeOfRefusal
} from '../../../../connectors/wialon/outcome.ts'
import { wialonErrors } from '../../../../schemas/errors/wialon.ts'
import { type ErrorCode, FaultError } from '../../../../schemas/errors.ts'

const perPacket = { acks: 'per-packet', ackBytes: '0x11' } as const
const once = { acks: 'any', ackBytes: '0x11' } as const
const whatever = { acks: 'any', ackBytes: 'any' } as const
const none = { acks: 'none', ackBytes: '0x11' } as const

type Acks = Parameters<typeof acknowledgementOf>[0]

/** What is left open of `owed` packets, or why the answer is none. */
const answers: readonly [acks: Acks, hex: string, owed: number, result: number | ErrorCode][] = [
  [perPacket, '11', 1, 0],
  [perPacket, '11', 2, 1],
  [perPacket, '1111', 2, 0],
  [perPacket, '111111', 2, 'wialon_answer_surplus'],
  [perPacket, '00', 1, 'wialon_answer_malformed'],
  [perPacket, '3137', 1, 'wialon_answer_malformed'],
  [perPacket, '1112', 2, 'wialon_answer_malformed'],
  [perPacket, '110d0a', 3, 'wialon_answer_malformed'],
  [once, '11', 5, 0],
  [once, '111111', 2, 0],
  [once, '3137', 1, 'wialon_answer_malformed'],
  [whatever, '3137', 5, 0],
  [whatever, '00', 5, 0],
  [none, '11', 5, 5],
  [none, '3137', 5, 5]
]

for (const [acks, hex, owed, result] of answers) {
  test(`answers ${hex} to ${owed} open packets with ${acks.acks} ${acks.ackBytes}: ${result}`, t => {
    const exchange = { packets: owed, answers: 0 }
    const problem = acknowledgementOf(acks).take(Buffer.from(hex, 'hex'), exchange)
    t.is(problem?.code ?? exchange.packets - exchange.answers, result)
  })
}

const idle: readonly [acks: Acks, hex: string, isInOrder: boolean][] = [
  [perPacket, '11', false],
  [once, '11', true],
  [once, '3137', false],
  [whatever, '3137', true],
  [none, '3137', true]
]

for (const [acks, hex, isInOrder] of idle) {
  test(`${hex} while nothing waits with ${acks.acks} ${acks.ackBytes}: ${isInOrder ? 'passed over' : 'too much'}`, t => {
    t.is(acknowledgementOf(acks).isIdleTalk(Buffer.from(hex, 'hex')), isInOrder)
  })
}

test('of a foreign answer eight bytes are shown', t => {
  const bytes = Buffer.from('\x11HTTP/1.1 400 Bad Request')
  const problem = acknowledgementOf(perPacket).take(bytes, { packets: 9, answers: 0 })
  t.is(problem?.detail, '0x485454502f312e31 instead of 0x11')
})

test('where nobody is to answer no answers are counted', t => {
  t.deepEqual(outcomeOfExchange(new FaultError('wialon_write_timeout', { detail: 'after 5 ms' }), null), {
    kind: 'unknown',
    code: 'wialon_write_timeout',
    detail: 'after 5 ms'
  })
})

const natives = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EPIPE', 'EMFILE']

for (const code of natives) {
  test(`${code} means unsent before the packets were written, and unknown after that`, t => {
    const error = Object.assign(new Error('it broke'), { code })
    t.deepEqual(outcomeOfConnect(error), {
      kind: 'unsent',
      code: 'wialon_connect_failed',
      detail: 'it broke'
    })
    t.deepEqual(outcomeOfExchange(error, { packets: 5, answers: 2 }), {
      kind: 'unknown',
      code: 'wialon_connection_lost',
      detail: 'it broke, 2 of 5 packets answered'
    })
  })
}

test('a fault keeps its own code', t => {
  t.deepEqual(outcomeOfConnect(new FaultError('wialon_connect_timeout', { detail: 'after 5 ms' })), {
    kind: 'unsent',
    code: 'wialon_connect_timeout',
    detail: 'after 5 ms'
  })
  t.deepEqual(outcomeOfExchange(new FaultError('attempt_aborted'), { packets: 1, answers: 0 }), {
    kind: 'unknown',
    code: 'attempt_aborted',
    detail: '0 of 1 packets answered'
  })
})

test('an error for each address of a name tells them all', t => {
  const error = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], '')
  t.is(connectFault(error).detail, 'connect ::1; connect 127.0.0.1')
})

test('a message without a packet is rejected, and no other', t => {
  t.deepEqual(outcomeOfRefusal('ident is missing'), {
    kind: 'reject',
    code: 'wialon_unencodable',
    detail: 'ident is missing'
  })
})

test('every code of the Wialon target has an outcome in the closed list', t => {
  const codes = Object.values(wialonErrors)
  t.is(codes.length, 8)
  for (const { outcome } of codes) t.truthy(outcome)
})
