// What answers and errors mean, entry by entry.

import test from 'ava'
import type { Outcome } from '../../../../connectors/connector.ts'
import {
  checkLogin,
  faultOf,
  LoginRefused,
  outcomeOfBox,
  outcomeOfExchange,
  outcomeOfLogin,
  outcomeOfRecord,
  outcomeOfRefusal,
  unexpected
} from '../../../../connectors/wialon-ips/outcome.ts'
import { wialonIpsTargetErrors } from '../../../../schemas/errors/wialon-ips.ts'
import { FaultError } from '../../../../schemas/errors.ts'

/** Kind, scope if it is said, code and detail. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'delivered') return 'delivered'
  const { kind, scope, code, detail } = outcome
  return [kind, scope, code, detail].filter(part => part !== undefined && part !== '').join(' | ')
}

function loginOutcome(body: string, othersAreIn: boolean): string {
  try {
    checkLogin(body)
    return 'accepted'
  } catch (error) {
    return told(outcomeOfLogin(error, othersAreIn))
  }
}

const logins: readonly [body: string, first: string, afterOthers?: string][] = [
  ['1', 'accepted'],
  ['0', 'reject | device | wialon_ips_device_refused | it answered #AL#0'],
  [
    '01',
    'halt | wialon_ips_password_refused | it answered #AL#01',
    'reject | device | wialon_ips_password_of_device | it answered #AL#01, though other devices have logged in with the same password'
  ],
  ['10', 'unsent | wialon_ips_crc_refused | of the login'],
  ['', 'unsent | wialon_ips_answer_unexpected | "#AL#"'],
  ['11', 'unsent | wialon_ips_answer_unexpected | "#AL#11"'],
  [' 1', 'unsent | wialon_ips_answer_unexpected | "#AL# 1"']
]

for (const [body, first, afterOthers = first] of logins) {
  test(`#AL#${body}: ${first}`, t => {
    t.is(loginOutcome(body, false), first)
    t.is(loginOutcome(body, true), afterOthers)
  })
}

const rejected = (code: string, part: string) =>
  `reject | wialon_ips_rejected | it answered #AD#${code}: ${part}`
const records: readonly [body: string, outcome: string][] = [
  ['1', 'delivered'],
  ['-1', rejected('-1', 'the structure of the packet')],
  ['0', rejected('0', 'the time')],
  ['10', rejected('10', 'the coordinates')],
  ['11', rejected('11', 'speed, course or altitude')],
  ['12', rejected('12', 'satellites or HDOP')],
  ['13', rejected('13', 'inputs or outputs')],
  ['14', rejected('14', 'the ADC values')],
  ['15', rejected('15', 'the parameters')],
  ['16', 'retry | wialon_ips_crc_refused | of a message'],
  ['', 'unknown | wialon_ips_answer_unexpected | "#AD#"'],
  ['2', 'unknown | wialon_ips_answer_unexpected | "#AD#2"'],
  ['17', 'unknown | wialon_ips_answer_unexpected | "#AD#17"'],
  ['01', 'unknown | wialon_ips_answer_unexpected | "#AD#01"'],
  ['1\0', 'unknown | wialon_ips_answer_unexpected | "#AD#1\\u0000"']
]

for (const [body, outcome] of records) {
  test(`#AD#${JSON.stringify(body)}: ${outcome}`, t => {
    t.is(told(outcomeOfRecord(body)), outcome)
  })
}

const boxes: readonly [body: string, outcome: string][] = [
  ['3', 'delivered'],
  ['2', 'unknown | wialon_ips_partly_taken | 2 of 3 messages'],
  ['0', 'unknown | wialon_ips_partly_taken | 0 of 3 messages'],
  ['', 'retry | wialon_ips_crc_refused | of a black box'],
  ['4', 'unknown | wialon_ips_answer_unexpected | "#AB#4 to 3 messages"'],
  ['-1', 'unknown | wialon_ips_answer_unexpected | "#AB#-1 to 3 messages"'],
  ['3x', 'unknown | wialon_ips_answer_unexpected | "#AB#3x to 3 messages"']
]

for (const [body, outcome] of boxes) {
  test(`#AB#${body} to three messages: ${outcome}`, t => {
    t.is(told(outcomeOfBox(body, 3)), outcome)
  })
}

for (const code of [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ECONNRESET',
  'EPIPE',
  'EMFILE'
]) {
  test(`${code} means unsent before a packet was written, and unknown after that`, t => {
    const error = Object.assign(new Error('it broke'), { code })
    t.is(told(outcomeOfLogin(error, false)), 'unsent | wialon_ips_connect_failed | it broke')
    t.is(told(outcomeOfExchange(error)), 'unknown | wialon_ips_connection_lost | it broke')
  })
}

test('a fault keeps its own code', t => {
  const fault = new FaultError('attempt_timeout', { detail: 'after 5 ms' })
  t.is(told(outcomeOfLogin(fault, false)), 'unsent | attempt_timeout | after 5 ms')
  t.is(told(outcomeOfExchange(fault)), 'unknown | attempt_timeout | after 5 ms')
})

test('an error for each address of a name tells them all', t => {
  const error = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], '')
  t.is(faultOf(error, 'wialon_ips_connect_failed').detail, 'connect ::1; connect 127.0.0.1')
})

test('of a foreign answer sixty characters are shown, on one line', t => {
  t.is(unexpected(`HTTP/1.1 400\r\n${'x'.repeat(90)}`).detail, `"HTTP/1.1 400\\r\\n${'x'.repeat(46)}…"`)
})

test('a message without a record is rejected, and no other', t => {
  t.is(told(outcomeOfRefusal('ident is missing')), 'reject | wialon_ips_unencodable | ident is missing')
})

test('what refuses a login is no fault of ours', t => {
  t.is(new LoginRefused('refused').message, 'the login was refused')
})

test('every code has an outcome and a hint', t => {
  for (const [code, { outcome, hint }] of Object.entries(wialonIpsTargetErrors))
    t.truthy(outcome && hint, code)
})
