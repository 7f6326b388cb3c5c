// What is sent with the lines of the preset pages is what the platform takes. That they pass `tailrace check` is looked at in
// test/connectors/presets.

import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { delivered } from '../../../../connectors/connector.ts'
import type { WialonTargetConfig } from '../../../../connectors/wialon/target-config.ts'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { codeBlocks } from '../../../markdown.ts'
import { truck, van } from '../../presets/messages.ts'
import { deliver, doubleWith, targetAt } from './harness.ts'

test('wialon.md: two units over one connection, with the names that Wialon recommends', async t => {
  const page = readFileSync(packageRoot('connectors/wialon/presets/wialon.md'), 'utf8')
  const [block] = codeBlocks(page, 'yaml')
  const [stream] = Object.values(parse(block?.text ?? '').streams)
  const { wialon } = (stream as { target: { wialon: WialonTargetConfig } }).target // as the page has it
  t.true(wialon.port > 0)
  const { double, ledger } = await doubleWith(t)
  const { host: _, ...settings } = wialon
  const target = targetAt(t, { ...settings, port: double.port })
  t.deepEqual(await deliver(target, [JSON.stringify(truck), JSON.stringify(van)]), delivered)
  t.is(double.accepted, 1)
  const [first, second] = ledger
  t.like(first, { unit: truck.ident, timeSeconds: 1_681_282_189, flags: 0x03 })
  t.deepEqual(
    first?.blocks.map(one => (one.kind === 'position' ? 'posinfo' : [one.name, one.value])),
    [
      'posinfo',
      ['avl_inputs', 3],
      ['position_hdop', 0.8],
      ['position_valid', 1],
      ['ign', 1],
      ['pwr_ext', 13.9]
    ]
  )
  t.deepEqual(second, {
    unit: van.ident,
    timeSeconds: van.timestamp,
    flags: 0,
    blocks: [{ kind: 'double', name: 'battery_level', hidden: false, value: 92.6 }]
  })
})
