// Looking on at a stream through the admin listener: what is told, to whom, and what becomes of a reader that is too slow.

import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { AdminListener } from '../../../../processors/service/admin/listener.ts'
import type { TapEvent } from '../../../../processors/stream/tap.ts'
import { until } from '../../../flows/harness/until.ts'
import { failure, Rig, ScriptedTarget, text } from '../../stream/rig.ts'

async function setUp(
  t: ExecutionContext,
  { token = null as string | null, target = new ScriptedTarget() } = {}
) {
  const rig = new Rig(1)
  const listener = new AdminListener({}, () => {}, {
    token,
    tap: name => (name === 'acme' ? rig.tap : null),
    streams: () => ['acme']
  })
  await listener.open({ host: '127.0.0.1', port: 0 })
  t.teardown(() => listener.close())
  await rig.started({}, target)
  const url = `http://127.0.0.1:${listener.port}/watch/acme`
  return { rig, url, port: listener.port }
}

async function look(t: ExecutionContext, url: string, headers: Record<string, string> = {}) {
  const request = get(url, { headers })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  t.teardown(() => request.destroy())
  const events: (TapEvent | { event: 'dropped'; count: number })[] = []
  createInterface({ input: response })
    .on('line', line => events.push(JSON.parse(line)))
    .on('error', () => {}) // the request was ended
  return { request, response, events }
}

test('what is read, sent and answered is told, each attempt by its number', async t => {
  const target = new ScriptedTarget()
  let isDown = true
  target.script = async () =>
    isDown ? failure('retry', { detail: 'HTTP 503', code: 'http_unavailable' }) : undefined
  const { rig, url } = await setUp(t, { target })
  const { events } = await look(t, url)
  await rig.send('a')
  isDown = false
  await rig.clock.advance(2_000)
  await until('all is told', () => events.length >= 5)
  t.like(events[0], {
    event: 'read',
    message: { device: 'a', topic: 'fleet', partition: 0, offset: 0 },
    value: 'a:1'
  })
  t.like(events[1], {
    event: 'sent',
    attempt: 1,
    batch: { messages: 1, named: [{ device: 'a', offset: 0 }] }
  })
  t.like(events[2], {
    event: 'answered',
    attempt: 1,
    outcome: 'retry',
    code: 'http_unavailable',
    detail: 'HTTP 503'
  })
  t.like(events[4], { event: 'answered', attempt: 2, outcome: 'delivered', code: null })
})

test('a watcher of one device hears of that device only, also in batches with others', async t => {
  const target = new ScriptedTarget()
  target.script = async ({ messages }) =>
    messages.map(message => (text(message).startsWith('b') ? failure('reject') : { kind: 'delivered' }))
  const { rig, url } = await setUp(t, { target })
  const { events } = await look(t, `${url}?device=b`)
  await rig.send('a', 'b', 'c')
  await rig.clock.advance(2_000)
  await until('the dead letter is told', () => events.some(({ event }) => event === 'dead-lettered'))
  t.deepEqual(
    events.map(({ event }) => event),
    ['read', 'sent', 'answered', 'dead-lettered']
  )
  t.like(events[1], { batch: { messages: 3, named: [{ device: 'b', offset: 1 }] } })
  t.like(events[3], { message: { device: 'b' }, code: 'target_threw' })
})

test('while nobody looks on, nothing is made up', async t => {
  const { rig, url } = await setUp(t)
  t.false(rig.tap.isOn)
  const { request } = await look(t, url)
  t.true(rig.tap.isOn)
  request.destroy()
  await until('the reader is gone', () => !rig.tap.isOn)
})

test('a reader that does not read misses lines and is told how many; the stream goes on', async t => {
  const { rig, url } = await setUp(t)
  const { response, events } = await look(t, url)
  response.pause()
  const devices = Array.from({ length: 500 }, (_, at) => `truck-${at}`)
  for (let round = 0; round < 40; round++) await rig.send(...devices)
  await rig.clock.advance(1_000)
  response.resume()
  await rig.send('last')
  const dropped = () => events.reduce((sum, event) => sum + (event.event === 'dropped' ? event.count : 0), 0)
  await until('it is told', async () => {
    await rig.send('more')
    return dropped() > 1_000
  })
  t.true(events.length < 3 * 20_000)
})

test('only this machine may look on, with the token if there is one, and under a name of its own', async t => {
  const { url, port } = await setUp(t, { token: 'hunter2hunter2' })
  const status = async (headers: Record<string, string>) => {
    const { request, response } = await look(t, url, headers)
    request.destroy()
    return response.statusCode
  }
  t.is(await status({}), 403)
  t.is(await status({ authorization: 'Bearer wrong' }), 403)
  t.is(await status({ authorization: 'Bearer hunter2hunter2' }), 200)
  t.is(await status({ authorization: 'Bearer hunter2hunter2', host: 'rebound.example' }), 403)
  const other = await fetch(`http://127.0.0.1:${port}/watch/nobody`, {
    headers: { authorization: 'Bearer hunter2hunter2' }
  })
  t.deepEqual([other.status, await other.text()], [404, 'No stream "nobody" runs here (known: acme)\n'])
})

test('a name that is not encoded as it should be is that of no stream, and the process lives on', async t => {
  const { port } = await setUp(t)
  for (const name of ['%', '%E0%A4%A'])
    t.is((await fetch(`http://127.0.0.1:${port}/watch/${name}`)).status, 404)
})
