// What is sent with the lines of the preset pages is what the platform takes. That they pass `tailrace check` is looked at in
// test/connectors/presets.

import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import type { WialonIpsTargetConfig } from '../../../../connectors/wialon-ips/target-config.ts'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { deliver, doubleWith, kindsOf, targetAt } from './harness.ts'

const folder = packageRoot('connectors/wialon-ips/presets')

function linesIn(page: string): string {
  const [, yaml = ''] = /```yaml\n([^`]*)```/.exec(readFileSync(`${folder}/${page}`, 'utf8')) ?? []
  return yaml
}

/** What arrives at a receiver that asks for a password, when two messages are sent with the settings of the page. */
async function sent(t: ExecutionContext, page: string) {
  const running = await doubleWith(t, {
    login: ({ password }) => ({ kind: 'answer', body: ['s3cret', 'NA'].includes(password) ? '1' : '01' })
  })
  const [stream] = Object.values(parse(linesIn(page)).streams)
  const { wialonIps } = (stream as { target: { wialonIps: WialonIpsTargetConfig } }).target // as the page has it
  const { host: _, port, password, ...settings } = wialonIps
  t.true(port > 0)
  const here = {
    ...settings,
    port: running.double.port,
    ...(password !== undefined && { password: 's3cret' })
  }
  const target = targetAt(t, here)
  const { maxMessages } = target.limits
  const messages = [1_700_000_000, 1_700_000_001].map(at => `"timestamp":${at},"position.speed":75,"fw":"v1"`)
  for (let at = 0; at < messages.length; at += maxMessages)
    t.deepEqual(
      new Set(kindsOf(await deliver(target, 'a', messages.slice(at, at + maxMessages)))),
      new Set(['delivered'])
    )
  return running
}

const record = (second: number) =>
  `141123;22132${second};NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA;position.speed:1:75,fw:3:v1`

test('wialon.md: a login with the password, and a black box', async t => {
  const { logins, ledger } = await sent(t, 'wialon.md')
  t.deepEqual(logins, [{ version: '2.0', ident: 'a', password: 's3cret' }])
  t.deepEqual(ledger, [{ ident: 'a', type: 'B', records: [record(0), record(1)] }])
})

test('traccar.md: a login without password, and records without check sums, one by one', async t => {
  const { logins, ledger } = await sent(t, 'traccar.md')
  t.deepEqual(logins, [{ version: '1.1', ident: 'a', password: 'NA' }])
  t.deepEqual(ledger, [
    { ident: 'a', type: 'D', records: [record(0)] },
    { ident: 'a', type: 'D', records: [record(1)] }
  ])
})
