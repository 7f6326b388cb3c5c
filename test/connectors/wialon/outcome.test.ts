// What answers and errors mean, entry by entry.

import test from 'ava'
import {
  answerProblem,
  connectFault,
  outcomeOfConnect,
  outcomeOfExchange,
  outcomeOfRefusal
} from '../../../connectors/wialon/outcome.ts'
import { type ErrorCode, errors, FaultError } from '../../../schemas/errors.ts'

const answers: readonly [hex: string, owed: number, code: ErrorCode | null][] = [
  ['11', 1, null],
  ['11', 2, null],
  ['1111', 2, null],
  ['111111', 2, 'wialon_answer_surplus'],
  ['00', 1, 'wialon_answer_malformed'],
  ['3137', 1, 'wialon_answer_malformed'],
  ['1112', 2, 'wialon_answer_malformed'],
  ['110d0a', 3, 'wialon_answer_malformed']
]

for (const [hex, owed, code] of answers) {
  test(`answers ${hex} to ${owed} open packets: ${code ?? 'accepted'}`, t => {
    t.is(answerProblem(Buffer.from(hex, 'hex'), owed)?.code ?? null, code)
  })
}

test('of a foreign answer eight bytes are shown', t => {
  const problem = answerProblem(Buffer.from('\x11HTTP/1.1 400 Bad Request'), 9)
  t.is(problem?.detail, '0x485454502f312e31 instead of 0x11')
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
  const codes = Object.entries(errors).filter(([code]) => code.startsWith('wialon_'))
  t.is(codes.length, 7)
  for (const [, spec] of codes) t.truthy(spec.outcome)
})
