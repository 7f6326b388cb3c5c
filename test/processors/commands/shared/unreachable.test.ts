// Commands that read Kafka while it is away: they end soon, with one sentence and its exit code.

import { join } from 'node:path'
import test from 'ava'
import { silentServer } from '../../../connectors/kafka/silent-server.ts'
import { folder, outputOf } from './output.ts'

const commands = [
  ['offsets', 'acme'],
  ['held', 'acme'],
  ['dead-letters', 'list', 'acme'],
  ['where', 'acme', '--device', 'truck-1'],
  ['silent', 'acme']
]

for (const command of commands)
  test(`${command[0]} ends soon where Kafka takes connections and says nothing`, async t => {
    const silent = await silentServer()
    t.teardown(() => silent.stop())
    const target = { http: { url: 'http://127.0.0.1:1' } }
    const config = {
      kafka: { brokers: [silent.address] },
      channels: { fleet: {} },
      streams: { acme: { from: ['fleet'], target, silence: { afterSeconds: 60 } } }
    }
    const path = join(folder(t, { 'tailrace.yaml': JSON.stringify(config) }), 'tailrace.yaml')
    const startMs = performance.now()
    const { code, stderr } = await outputOf([...command, '--config', path])
    const tookMs = performance.now() - startMs
    t.is(code, 3, stderr)
    t.regex(stderr, /^tailrace: Kafka cannot be reached: .*\nCheck kafka\.brokers.*\n$/)
    t.true(tookMs < 20_000, `${tookMs} ms`)
  })
