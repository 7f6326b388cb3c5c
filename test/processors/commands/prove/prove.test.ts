// `tailrace prove` as a user runs it, with a channel in place of Tailrace that delivers well, or does not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Reply } from '../../../../connectors/http/double.ts'
import { freePorts } from '../../../../connectors/kafka/local/ports.ts'
import { type Child, startCommand } from '../child.ts'

interface Sent {
  readonly ident: string
  readonly 'proof.number': number
}

const answer = (status: number): Reply => ({ kind: 'answer', status, body: '{}' })

/** What a channel makes of the messages of one request: what it delivers of them, in this order. */
type Delivery = (messages: readonly Sent[], request: number) => readonly unknown[]

/** A channel that delivers at once, and the command that sends to it. */
async function proof(t: ExecutionContext, deliver: Delivery, ...args: string[]) {
  const [port] = await freePorts(1)
  let requests = 0
  const seen: { readonly token: string | undefined; readonly messages: readonly Sent[] }[] = []
  const channel = new HttpDouble({
    clock: systemClock,
    reply: () => answer(200),
    ledger: async ({ headers, body }) => {
      const messages: Sent[] = JSON.parse(body.toString())
      seen.push({ token: headers.authorization, messages })
      await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: JSON.stringify(deliver(messages, requests++))
      })
    }
  })
  await channel.start()
  t.teardown(() => channel.stop())
  const send = ['prove', '--send', `${channel.url}/channels/proof/messages`, '--receive', String(port)]
  return { child: startCommand(t, [...send, ...args]), seen }
}

async function linesOf(child: Child): Promise<string> {
  const lines: string[] = []
  await child.lineWhere(line => lines.push(line) < 0).catch(() => {})
  return lines.join('\n')
}

const all: Delivery = messages => messages

test.serial('all that arrive in order are proven, with the token of the file', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-prove-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'token'), 'a secret\n')
  const { child, seen } = await proof(
    t,
    all,
    '--token-file',
    join(folder, 'token'),
    '--messages',
    '250',
    '--devices',
    '7'
  )
  t.regex(
    await linesOf(child),
    /\nProven: all 250 messages of 7 devices arrived in \d+\.\d s, each device in order, none twice\.$/
  )
  t.deepEqual(await child.ended, { code: 0, stderr: '' })
  t.deepEqual([...new Set(seen.map(({ token }) => token))], ['Bearer a secret'])
  const idents = new Set(seen.flatMap(({ messages }) => messages.map(({ ident }) => ident)))
  t.is(idents.size, 7)
})

test.serial('what does not arrive is told, by device and number, and ends with 1', async t => {
  const losing: Delivery = (messages, request) => messages.filter((_, at) => request !== 1 || at !== 3)
  const { child } = await proof(t, losing, '--messages', '300', '--devices', '10', '--timeout', '4s')
  t.regex(
    await linesOf(child),
    /\nNot proven:\n {2}1 of 300 that were accepted have not arrived, and nothing else came for 4 s: proof-[0-9a-f]{8}-3 number 11$/
  )
  t.is((await child.ended).code, 1)
})

test.serial('what arrives after a later one of its device is told, and ends with 1', async t => {
  const turning: Delivery = (messages, request) => (request === 0 ? [...messages].reverse() : messages)
  const { child } = await proof(t, turning, '--messages', '200', '--devices', '50')
  const lines = await linesOf(child)
  t.regex(
    lines,
    /\nNot proven:\n {2}50 arrived after a later one of their device: proof-[0-9a-f]{8}-49 number 1, .*, \.\.\.$/
  )
  t.is((await child.ended).code, 1)
})

test.serial('what arrives twice is told and is no failure; what is of others is not counted', async t => {
  const repeating: Delivery = (messages, request) =>
    request === 1 ? [...messages, ...messages, { ident: 'proof-other-1', 'proof.number': 1 }, 7] : messages
  const { child } = await proof(t, repeating, '--messages', '150', '--devices', '5', '--json')
  const result = JSON.parse(await linesOf(child))
  t.like(result, {
    proven: true,
    messages: 150,
    arrived: 150,
    repeated: 50,
    missing: { count: 0 },
    disordered: { count: 0 }
  })
  t.is((await child.ended).code, 0)
})

test.serial(
  'a channel whose stream delivers nothing is not proven, and the next place to look is told',
  async t => {
    const { child } = await proof(t, () => [], '--messages', '10', '--timeout', '4s')
    const lines = await linesOf(child)
    t.regex(
      lines,
      /10 of 10 that were accepted have not arrived, and nothing else came for 4 s: .*, \.\.\.\n {2}nothing has arrived: \/status/
    )
    t.is((await child.ended).code, 1)
  }
)

test.serial(
  'a channel that takes nothing is told: for its token at once, for an outage at the end',
  async t => {
    for (const [reply, told, code] of [
      [answer(401), /takes no messages from this sender: HTTP 401/, 1],
      [answer(503), /0 of 10 messages were accepted \(.+\)/, 1],
      [answer(400), /0 of 10 messages were accepted, and 10 were refused \(HTTP 400/, 1]
    ] as const) {
      const channel = new HttpDouble({ clock: systemClock, reply: () => reply })
      await channel.start()
      t.teardown(() => channel.stop())
      const args = ['--messages', '10', '--timeout', '4s', '--receive', '0']
      const child = startCommand(t, ['prove', '--send', channel.url, ...args])
      const lines = await linesOf(child)
      const { code: ended, stderr } = await child.ended
      t.regex(lines + stderr, told)
      t.is(ended, code)
    }
  }
)

test.serial(
  'a token that cannot be read and a port in use end with 3, a command line that is not valid with 2',
  async t => {
    const busy = new HttpDouble({ clock: systemClock, reply: () => answer(200) })
    await busy.start()
    t.teardown(() => busy.stop())
    const send = ['prove', '--send', busy.url]
    for (const [args, told, code] of [
      [[...send, '--token-file', '/nowhere/token'], /cannot be read/, 3],
      [[...send, '--receive', String(busy.port)], /listener could not be opened/, 3],
      [['prove'], /required option '--send <url>'/, 2],
      [[...send, '--timeout', 'soon'], /A duration is/, 2]
    ] as const) {
      const { code: ended, stderr } = await startCommand(t, args).ended
      t.regex(stderr, told)
      t.is(ended, code)
    }
  }
)
