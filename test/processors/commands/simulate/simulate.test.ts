// `tailrace simulate` as a user runs it, against receivers that take its messages or do not.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import { readSample } from '../../../../processors/commands/simulate/fleet.ts'
import { startCommand } from '../child.ts'

const ok: Reply = { kind: 'answer', status: 200, body: '{"accepted":1}' }

async function doubleWith(t: ExecutionContext, reply: (request: Received, index: number) => Reply) {
  let index = 0
  const double = new HttpDouble({ clock: systemClock, reply: request => reply(request, index++) })
  await double.start()
  t.teardown(() => double.stop())
  return double
}

const simulate = (t: ExecutionContext, double: HttpDouble, ...args: string[]) =>
  startCommand(t, ['simulate', '--url', `${double.url}/channels/fleet/messages`, ...args])

test('it sends the sample byte for byte, with the token, and ends with 0 and a summary', async t => {
  const bodies: string[] = []
  const double = await doubleWith(t, request => {
    t.like(request, { method: 'POST', path: '/channels/fleet/messages' })
    t.like(request.headers, { authorization: 'Bearer secret', 'content-type': 'application/json' })
    bodies.push(request.body.toString())
    return ok
  })
  const child = simulate(t, double, '--as-is', '--count', '9080', '--rate', '20000/s', '--token', 'secret')
  const summary = await child.lineWhere(line => line.startsWith('Sent '))
  t.regex(summary, /^Sent 9,080 messages: 9,080 accepted in \d+\.\d s$/)
  t.deepEqual(await child.ended, { code: 0, stderr: '' })
  t.is(bodies.map(body => body.slice(1, -1)).join(','), readSample().join(','))
  t.true(bodies.every(body => JSON.parse(body).length <= 500))
})

test('what was not accepted is repeated unchanged before anything else is sent', async t => {
  const bodies: string[] = []
  const troubles: Reply[] = [
    ok,
    { kind: 'answer', status: 503 },
    { kind: 'reset' },
    { kind: 'answer', status: 429 }
  ]
  const double = await doubleWith(t, (request, index) => {
    const reply = troubles[index] ?? ok
    bodies.push(`${reply === ok ? 'taken' : 'failed'} ${request.body}`)
    return reply
  })
  const child = simulate(t, double, '--as-is', '--count', '30', '--rate', '50/s', '--json')
  const last = JSON.parse(await child.lineWhere(line => JSON.parse(line).accepted === 30))
  t.like(last, { sent: 30, accepted: 30, refused: 0, retries: 3, trouble: '' })
  t.is((await child.ended).code, 0)
  const taken = bodies.filter(body => body.startsWith('taken'))
  t.deepEqual(
    taken.flatMap(body => JSON.parse(body.slice(6))),
    readSample()
      .slice(0, 30)
      .map(line => JSON.parse(line))
  )
  t.is(new Set(bodies.slice(1, 5).map(body => body.replace(/^\w+ /, ''))).size, 1)
})

test('with --json the last rate is the mean of the run, not of its last moment', async t => {
  const double = await doubleWith(t, () => ok)
  const startedMs = performance.now()
  const child = simulate(t, double, '--count', '30', '--rate', '30/s', '--json')
  let last = { accepted: 0, messagesPerSecond: 0 }
  for (let line = await child.line(); line !== ''; line = await child.line().catch(() => ''))
    last = JSON.parse(line)
  t.is(last.accepted, 30)
  // The last messages are due after 1 s, just when a report is due too; a busy machine may need longer for them.
  const least = Math.floor(30 / ((performance.now() - startedMs) / 1000))
  t.true(last.messagesPerSecond >= least && last.messagesPerSecond <= 30, `${last.messagesPerSecond}`)
})

test('messages refused for their content are counted and the rest go on', async t => {
  const double = await doubleWith(t, (_, index) =>
    index === 0 ? { kind: 'answer', status: 400, body: 'bad' } : ok
  )
  const child = simulate(t, double, '--count', '20', '--rate', '50/s')
  const summary = await child.lineWhere(line => line.startsWith('Sent '))
  t.regex(summary, /20 messages: 10 accepted, 10 refused/)
  t.is((await child.ended).code, 0)
})

test('a refused token ends it with 1, the answer and a hint', async t => {
  const double = await doubleWith(t, () => ({ kind: 'answer', status: 401, body: '{"error":"token"}' }))
  const { code, stderr } = await simulate(t, double, '--token', 'wrong').ended
  t.is(code, 1)
  t.regex(
    stderr,
    /^tailrace: The receiver takes no messages from this sender: HTTP 401 \{"error":"token"\}\nCheck/
  )
})

test('Ctrl-C ends it with 0 and a summary, also while the receiver is away', async t => {
  const double = await doubleWith(t, () => ok)
  const child = simulate(t, double, '--rate', '20/s', '--json')
  await child.lineWhere(line => JSON.parse(line).accepted > 0)
  await double.stop()
  await child.lineWhere(line => JSON.parse(line).retries > 0)
  child.interrupt()
  t.deepEqual(await child.ended, { code: 0, stderr: '' })
})

test('options that exclude each other, or cannot be read, end it with 2', async t => {
  for (const args of [
    ['--as-is', '--devices', '5'],
    ['--rate', 'fast'],
    ['--url', 'nowhere'],
    ['--count', '0']
  ]) {
    const { code, stderr } = await startCommand(t, ['simulate', ...args]).ended
    t.is(code, 2, stderr)
    t.regex(stderr, /^error: option/)
  }
})

test('the token may come from the environment, and is not shown when the receiver repeats it', async t => {
  const double = await doubleWith(t, ({ headers }) => {
    return { kind: 'answer', status: 401, body: `no access for ${headers.authorization}` }
  })
  const args = ['simulate', '--url', `${double.url}/channels/fleet/messages`]
  const { code, stderr } = await startCommand(t, args, { TAILRACE_TOKEN: 'hunter2' }).ended
  t.is(code, 1)
  t.regex(stderr, /HTTP 401 no access for Bearer \*\*\*/)
})
