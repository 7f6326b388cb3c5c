// The pages of presets: what is sent with their lines is what is taken. That the lines are valid is tested with those
// of all connectors.

import test from 'ava'
import { parse } from 'yaml'
import { until } from '../../flows/harness/until.ts'
import { codeBlocks } from '../../markdown.ts'
import { batchFrom, messagesOf } from '../../messages.ts'
import { pageOf } from '../presets/pages.ts'
import { doubleWith, outcomesOf, type Settings, targetAt } from './harness.ts'

test('rule.md: a message goes to the rule, by the topic of its device', async t => {
  const { double, ledger } = await doubleWith(t)
  const { streams } = parse(codeBlocks(pageOf('aws-iot/rule.md').text, 'yaml')[0]?.text ?? '') as {
    streams: { aws: { target: { awsIot: Settings } } }
  } // as the page has it
  const { endpoint: _, tls: __, ...settings } = streams.aws.target.awsIot
  const target = await targetAt(t, double.port, settings)
  await target.open(new AbortController().signal)
  await until('all are open', () => double.connections === 19)
  const value = '{"ident":"868647414815077","position.speed":75}'
  const batch = batchFrom(messagesOf([value], { keys: ['868647414815077'] }))
  const destination = batch.messages.map(message => target.destination?.(message) ?? '').join()
  t.deepEqual(await outcomesOf(target, { ...batch, destination }), ['delivered'])
  t.is(ledger[0]?.topic, '$aws/rules/store_telemetry/fleet/868647414815077/telemetry')
  t.is(ledger[0]?.payload.toString(), value)
})
