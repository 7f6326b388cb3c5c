// What of the settings of a broker is masked wherever it is shown.

import test, { type ExecutionContext } from 'ava'
import { registry } from '../../../../connectors/registry.ts'
import { loadConfig } from '../../../../processors/service/config/load.ts'
import { writeConfig } from '../../../processors/service/start.ts'

function maskOf(t: ExecutionContext, login: object, env: Record<string, string> = {}) {
  const broker = { url: 'mqtt://broker.example.com', ...login }
  const source = { ...broker, topics: ['fleet/{ident}/telemetry'], clientId: 'tailrace-fleet-1' }
  const path = writeConfig(t, {
    kafka: { brokers: ['127.0.0.1:9092'] },
    channels: { fleet: { sources: [{ mqtt: source }] } },
    streams: { acme: { from: ['fleet'], target: { mqtt: { ...broker, topic: 'fleet/telemetry' } } } }
  })
  return loadConfig(path, { registry, env }).mask
}

test('the user name of a broker is a word like others, and the password is masked', t => {
  const env = { BROKER_PASSWORD: 'hunter2' }
  const mask = maskOf(t, { username: 'tailrace', password: '${env:BROKER_PASSWORD}' }, env)
  t.is(mask.apply('topic tailrace.fleet, not hunter2'), 'topic tailrace.fleet, not ***')
})

test('a token in place of a user name is masked where it is a reference', t => {
  const mask = maskOf(t, { username: 'FlespiToken ${env:TOKEN}' }, { TOKEN: 'abcdef0123456789' })
  t.is(mask.apply('no user abcdef0123456789'), 'no user ***')
})
