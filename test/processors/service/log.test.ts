// What the log writes for machines and for people, and what it never writes.

import { Writable } from 'node:stream'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Mask } from '../../../connectors/shared/mask.ts'
import { type LogOptions, openLog } from '../../../processors/service/log.ts'
import { FaultError } from '../../../schemas/errors.ts'

async function logInto(options: Partial<LogOptions> = {}) {
  const written: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    }
  })
  const log = await openLog({ level: 'info', pretty: false, mask: new Mask([]), destination, ...options })
  return { log, text: () => written.join('') }
}

test('a line has its level, time, event, fields and sentence', async t => {
  const { log, text } = await logInto()
  log('stream_halted', { stream: 'acme', partitions: [1, 2] })
  const { time, ...line } = JSON.parse(text())
  t.deepEqual(line, {
    level: 'error',
    event: 'stream_halted',
    stream: 'acme',
    partitions: [1, 2],
    message: 'A stream halted'
  })
  t.false(Number.isNaN(Date.parse(time)))
})

test('a short secret is taken out of what came from outside, and not out of the sentence of a fault', async t => {
  const { log, text } = await logInto({ mask: new Mask(['b']) })
  log('config_refused', { error: new FaultError('amqp_hung_up', { detail: 'no b here' }) })
  t.regex(text(), /closed the connection before it had accepted it: no \*\*\* here/)
})

test('events below the level are not written', async t => {
  const { log, text } = await logInto({ level: 'warn' })
  log('service_started')
  log('attempt_failed')
  t.is(text(), '')
  log('stream_waiting')
  t.not(text(), '')
})

test('an error is written with its code and cause, and without what an SDK hangs onto it', async t => {
  const { log, text } = await logInto()
  const cause = Object.assign(new Error('connect refused'), {
    code: 'ECONNREFUSED',
    request: { headers: { authorization: 'Bearer hunter2' } }
  })
  log('commit_failed', { error: new FaultError('kafka_unreachable', { cause }) })
  const { error } = JSON.parse(text())
  t.is(error.code, 'kafka_unreachable')
  t.is(error.cause.code, 'ECONNREFUSED')
  t.is(error.stack, undefined)
  t.true(error.cause.stack.includes('log.test'))
  t.false(text().includes('hunter2'))
})

test('for people the line is plain text, without colours where it is no terminal', async t => {
  const { log, text } = await logInto({ pretty: true })
  log('listener_opened', { port: 8080 })
  t.regex(text(), /^\[[\d:.]+\] INFO: A listener was opened \{.*"port":8080.*\}\n$/)
})

testProp(
  'no secret of the configuration is in any line, wherever it stands in the fields',
  [fc.stringMatching(/^[a-zA-Z0-9.*+?^${}()|[\]/@%-]{6,30}$/), fc.boolean()],
  async (t, secret, pretty) => {
    const { log, text } = await logInto({ mask: new Mask([secret, `${secret}-longer`]), pretty })
    const error = new Error(`refused ${secret}`, { cause: new TypeError(`${secret}-longer`) })
    const list = [`Bearer ${secret}`, { [secret]: Buffer.from(secret) }]
    log('stream_waiting', { error, url: `https://x/${secret}?q=${secret}`, list })
    t.true(text().includes('***'))
    t.false(text().includes(secret), text())
  },
  { numRuns: 100 }
)
