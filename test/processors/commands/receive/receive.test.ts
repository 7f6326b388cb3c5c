// `tailrace receive` as a user runs it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Child, startCommand } from '../child.ts'

const json = { 'content-type': 'application/json' }

/** The command on a free port, with --json. */
async function startReceiver(t: ExecutionContext, args: readonly string[] = []) {
  const child = startCommand(t, ['receive', '--port', '0', '--json', ...args])
  const { url } = JSON.parse(await child.line())
  const post = (body: string, headers: Record<string, string> = json) =>
    fetch(`${url}/telemetry`, { method: 'POST', body, headers })
  return { child, url, post }
}

/** Stops the command and returns its last counts. */
async function countsOf(child: Child): Promise<Record<string, unknown>> {
  child.interrupt()
  let last = ''
  await child
    .lineWhere(line => {
      last = line
      return false
    })
    .catch(() => {})
  return JSON.parse(last)
}

test('it counts messages, devices, requests and answers, and Ctrl-C ends it with 0', async t => {
  const { child, url, post } = await startReceiver(t)
  t.is((await post('[{"ident":"1"},{"ident":"2"}]')).status, 200)
  t.is((await post('{"ident":"2"}\n{"ident":"3"}\n', { 'content-type': 'application/x-ndjson' })).status, 200)
  t.is((await post('{"ident":"3"}')).status, 200)
  t.is((await post('[{"ident":')).status, 400)
  const counts = await countsOf(child)
  t.like(counts, { url, listening: true, messages: 5, devices: 3, requests: 4 })
  t.deepEqual(counts.answers, { 200: 3, 400: 1 })
  t.deepEqual(await child.ended, { code: 0, stderr: '' })
})

test('--fail 100% answers 503, counts no message, and --save keeps none', async t => {
  const { child, post } = await startReceiver(t, ['--fail', '100%'])
  t.is((await post('[{"ident":"1"}]')).status, 503)
  t.like(await countsOf(child), { messages: 0, requests: 1, answers: { 503: 1 } })
})

test('--reset 100% cuts the connection of every request', async t => {
  const { child, post } = await startReceiver(t, ['--reset', '100%'])
  await t.throwsAsync(post('[{"ident":"1"}]'))
  t.like(await countsOf(child), { messages: 1, answers: { reset: 1 } })
})

test('--hang 100% never answers, and Ctrl-C still ends it', async t => {
  const { child, post } = await startReceiver(t, ['--hang', '100%'])
  const hanging = t.throwsAsync(post('[{"ident":"1"}]'))
  await child.lineWhere(line => JSON.parse(line).requests === 1)
  t.like(await countsOf(child), { answers: { hang: 1 } })
  t.is((await child.ended).code, 0)
  await hanging
})

test('--status and --latency shape the ordinary answer', async t => {
  const { post } = await startReceiver(t, ['--status', '202', '--latency', '60ms'])
  const startMs = performance.now()
  t.is((await post('[]')).status, 202)
  t.true(performance.now() - startMs >= 55)
})

test('--down-after stops listening', async t => {
  const { child, post } = await startReceiver(t, ['--down-after', '100ms', '--up-after', '1h'])
  await child.lineWhere(line => JSON.parse(line).listening === false)
  await t.throwsAsync(post('[{"ident":"1"}]'))
})

test('--up-after comes back on the same port', async t => {
  const { child, post } = await startReceiver(t, ['--down-after', '100ms', '--up-after', '1200ms'])
  await child.lineWhere(line => JSON.parse(line).listening === false)
  await child.lineWhere(line => JSON.parse(line).listening === true)
  t.is((await post('[{"ident":"1"}]')).status, 200)
})

test('--save keeps the very bytes of every message, one a line', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-receive-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'arrived.ndjson')
  const { post } = await startReceiver(t, ['--save', path])
  await post('[{"ident":"1","n":1.0}, {"ident":"2","big":12345678901234567890}]')
  await post('{"ident":"3"}\n{"ident":"4"}', { 'content-type': 'application/x-ndjson' })
  t.deepEqual(readFileSync(path, 'utf8').split('\n'), [
    '{"ident":"1","n":1.0}',
    '{"ident":"2","big":12345678901234567890}',
    '{"ident":"3"}',
    '{"ident":"4"}',
    ''
  ])
})

test('a port that is taken ends it with 3 and one message', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const { code, stderr } = await startCommand(t, ['receive', '--port', String(port)]).ended
  t.is(code, 3)
  t.regex(stderr, /^tailrace: The listener could not be opened: .*in use/)
})

test('what cannot be read or cannot be together ends it with 2', async t => {
  const wrong = [
    ['--fail', '5'],
    ['--latency', 'soon'],
    ['--port', '70000'],
    ['--fail', '60%', '--hang', '60%']
  ]
  for (const args of wrong) {
    const { code, stderr } = await startCommand(t, ['receive', ...args]).ended
    t.is(code, 2, stderr)
    t.regex(stderr, /--(fail|latency|port)/)
  }
})
