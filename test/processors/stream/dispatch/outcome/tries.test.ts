// When the culprit is looked for: after three attempts without an answer, of which a message may be the reason.

import test from 'ava'
import type { Failure } from '../../../../../connectors/connector.ts'
import { Tries } from '../../../../../processors/stream/dispatch/outcome/tries.ts'
import { type ErrorCode, errors } from '../../../../../schemas/errors.ts'

const retry = { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 }
const unanswered = (code: ErrorCode): Failure => ({ kind: 'unknown', code, detail: '' })

function isEnoughAfter(...codes: readonly ErrorCode[]): boolean {
  const tries = new Tries()
  for (const code of codes) tries.note(unanswered(code), 0)
  return tries.isEnough(retry, { confirmed: 1, patience: 3 })
}

test('three attempts without an answer are enough', t => {
  t.false(isEnoughAfter('mqtt_connection_lost', 'mqtt_connection_lost'))
  t.true(isEnoughAfter('mqtt_connection_lost', 'mqtt_connection_lost', 'mqtt_ack_timeout'))
})

for (const code of ['mqtt_taken_over', 'mqtt_disconnected', 'mqtt_passed_over', 'mqtt_tls_failed'] as const)
  test(`${code}, of which no message is the reason, is never enough, and does not count among others`, t => {
    t.true(errors[code].isBlameless)
    t.false(isEnoughAfter(...Array<ErrorCode>(50).fill(code)))
    t.false(isEnoughAfter('mqtt_connection_lost', code, 'mqtt_connection_lost', code))
    t.true(isEnoughAfter('mqtt_connection_lost', code, 'mqtt_connection_lost', 'mqtt_connection_lost'))
  })
