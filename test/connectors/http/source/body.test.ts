// The reading of bodies where sockets would leave the order of things to chance.

import { randomBytes } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import test from 'ava'
import { systemClock as clock } from '../../../../connectors/clock.ts'
import { Body } from '../../../../connectors/http/source/body/body.ts'
import { Chunks } from '../../../../connectors/http/source/body/chunks.ts'
import { Deadlines } from '../../../../connectors/http/source/body/deadlines.ts'
import { type BudgetShare, ByteBudget } from '../../../../connectors/shared/byte-budget.ts'
import { startSource } from '../source-harness.ts'

const limits = { maxBodyBytes: 1_000_000, maxInflatedBytes: 1_000_000 }

/** A request of which everything has arrived and nothing was read yet. */
function arrived(body: Buffer): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.headers['content-encoding'] = 'gzip'
  for (let at = 0; at < body.length; at += 65_536) request.push(body.subarray(at, at + 65_536))
  request.push(null)
  request.complete = true
  return request
}

const bodyOf = (request: IncomingMessage, share: BudgetShare) =>
  new Body(request, {
    limits,
    share,
    mostBytes: 1_000_000,
    deadlines: new Deadlines(clock, 1_000),
    timeoutMs: 60_000
  })

test('a compressed body is inflated also when all of it came before it was read', async t => {
  const body = randomBytes(300_000)
  const share = new ByteBudget(2_000_000, clock).share(0)
  t.deepEqual(await bodyOf(arrived(gzipSync(body)), share).whole(), body)
})

test('a sender that goes away while its body is being inflated is given up', async t => {
  const budget = new ByteBudget(2_000_000, clock)
  const share = budget.share(0)
  const request = arrived(gzipSync(randomBytes(300_000)))
  const reading = bodyOf(request, share).whole()
  request.destroy()
  await t.throwsAsync(reading, { code: 'request_aborted' })
  share.release()
  t.is(budget.usedBytes, 0)
})

for (const [name, first, second] of [
  ['deflate', deflateSync('[]'), deflateSync('{}')],
  ['gzip', gzipSync('[]'), Buffer.from('\0{}')]
] as const) {
  test(`what follows the end of what is compressed is not thrown away: ${name}`, async t => {
    const harness = await startSource(t)
    const whole = await harness.post(first, { 'content-encoding': name })
    t.is(whole.status, 200)
    const more = await harness.post(Buffer.concat([first, second]), { 'content-encoding': name })
    t.is(more.status, 400)
    t.regex(await more.text(), /body_malformed.*something follows what is compressed/)
  })
}

test('several members of gzip are one body', async t => {
  const harness = await startSource(t)
  const one = '{"ident":"a","timestamp":1}'
  const members = Buffer.concat([gzipSync(`[${one},`), gzipSync(`${one}]`)])
  t.deepEqual(await (await harness.post(members, { 'content-encoding': 'gzip' })).json(), { accepted: 2 })
})

test('a body in single bytes is put together', t => {
  const chunks = new Chunks()
  for (let at = 0; at < 300_000; at++) chunks.add(Buffer.from([at % 256]))
  t.is(chunks.bytes, 300_000)
  const taken = chunks.take()
  t.is(taken.length, 300_000)
  t.true(taken.every((byte, at) => byte === at % 256))
  t.is(chunks.take().length, 0)
})

test('chunks of any size come out as they went in', t => {
  const chunks = new Chunks()
  const parts = [10, 5_000, 1, 4_095, 4_096, 20_000, 3, 16_384, 7].map(size => randomBytes(size))
  for (const part of parts) chunks.add(part)
  t.deepEqual(chunks.take(), Buffer.concat(parts))
})
