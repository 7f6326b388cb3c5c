// The pages of presets: their lines are a valid configuration, and what is sent with them is what the receiver takes.

import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { parse } from 'yaml'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { batchFrom, messagesOf } from '../../../messages.ts'
import { doubleWith, type Settings, targetAt } from '../harness.ts'

const folder = packageRoot('connectors/http/presets')
const pages = readdirSync(folder).filter(name => name !== 'README.md')

/** The target's settings in the page. */
function settingsIn(page: string): Settings & { url: string } {
  const [, yaml = ''] = /```yaml\n([^`]*)```/.exec(readFileSync(`${folder}/${page}`, 'utf8')) ?? []
  const [stream] = Object.values(parse(yaml).streams)
  return (stream as { target: { http: Settings & { url: string } } }).target.http // as the page has it
}

const value = '{"ident":"868647414815077","timestamp":1681282189.5,"position.speed":75}'
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** What arrives at a receiver when two messages are sent with the settings of the page. */
async function sent(t: Parameters<typeof doubleWith>[0], page: string) {
  const { double, ledger } = await doubleWith(t, { kind: 'answer', status: 200 })
  const { url, ...settings } = settingsIn(page)
  const here = url.replace(/^https?:\/\/[^/]+/, double.url)
  const signed = settings.webhookSignature === undefined ? {} : { webhookSignature: { secrets: [secret] } }
  const target = targetAt(t, here, { ...settings, ...signed })
  const batch = batchFrom(messagesOf([value, value], { keys: ['868647414815077', '868647414815077'] }))
  t.like(await target.deliver(batch, new AbortController().signal), { kind: 'delivered' })
  const [received] = ledger
  if (received === undefined) throw new Error('nothing has arrived')
  return received
}

test('there is a page for each, and the list names them', t => {
  const list = readFileSync(`${folder}/README.md`, 'utf8')
  t.deepEqual(pages.toSorted(), ['flespi.md', 'thingsboard.md', 'traccar.md', 'webhook.md'])
  for (const page of pages) t.true(list.includes(`(${page})`), page)
})

for (const page of ['flespi.md', 'traccar.md']) {
  test(`${page}: the array as it is`, async t => {
    const { path, body, headers } = await sent(t, page)
    t.is(path, '/')
    t.is(headers['content-type'], 'application/json')
    t.is(body.toString(), `[${value},${value}]`)
  })
}

test('thingsboard.md: the path of the device, and its values with their time', async t => {
  const { path, body } = await sent(t, 'thingsboard.md')
  t.is(path, '/api/v1/868647414815077/telemetry')
  const item = { ts: 1_681_282_189_500, values: JSON.parse(value) }
  t.deepEqual(JSON.parse(body.toString()), [item, item])
})

test('webhook.md: an object that is signed', async t => {
  const { body, headers } = await sent(t, 'webhook.md')
  const { type, batch, messages } = new Webhook(secret).verify(
    body,
    headers as Record<string, string>
  ) as Record<string, unknown>
  t.is(type, 'telemetry')
  t.is(batch, headers['webhook-id'])
  t.deepEqual(messages, [JSON.parse(value), JSON.parse(value)])
})
