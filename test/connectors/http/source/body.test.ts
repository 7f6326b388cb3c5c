// The reading of bodies where sockets would leave the order of things to chance.

import { randomBytes } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { systemClock as clock } from '../../../../connectors/clock.ts'
import { Body } from '../../../../connectors/http/source/body/body.ts'
import { type BudgetShare, ByteBudget } from '../../../../connectors/http/source/body/budget.ts'

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
  new Body(request, { limits, share, clock, mostBytes: 1_000_000, timeoutMs: 60_000 })

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
