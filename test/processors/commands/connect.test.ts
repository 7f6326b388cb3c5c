// `tailrace check --connect` against a real Kafka: what it says of topics, and that it changes none.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { testBrokers, uniqueName } from '../../kafka.ts'

test('--connect compares the topics with the channels and leaves them as they are', async t => {
  const kafka = { brokers: testBrokers(), clientId: 'check-test' }
  const admin = kafkaLog(kafka, { log: () => {}, clock: systemClock }).admin()
  t.teardown(() => admin.close())
  const [there, missing] = [uniqueName('there'), uniqueName('missing')]
  const settings = { 'retention.ms': '3600000' }
  await admin.createTopic({ name: there, partitions: 2, replication: 1, settings })

  const stream = { from: [there], target: { http: { url: 'http://127.0.0.1:1' } } }
  const channels = { [there]: { retentionHours: 2 }, [missing]: {} }
  t.deepEqual(await connected(t, { kafka, channels, streams: { [missing]: stream } }), {
    ok: true,
    problems: [],
    channels: 2,
    streams: 1,
    trials: [
      { path: 'kafka', result: 'ok', detail: '1 broker' },
      {
        path: `channels.${there}`,
        result: 'differs',
        detail: `topic ${there} is left as it is: partitions 2 instead of 12, message.timestamp.type CreateTime instead of LogAppendTime, retention.ms 3600000 instead of 7200000`
      },
      {
        path: `channels.${missing}`,
        result: 'ok',
        detail: `topic ${missing} will be created, partitions: 12, replication: 1`
      },
      {
        path: `streams.${missing}.deadLetters`,
        result: 'ok',
        detail: `topic tailrace.${missing}.dead-letters will be created, partitions: 1, replication: 1`
      },
      { path: `streams.${missing}.target`, result: 'ok', detail: 'opened' }
    ]
  })
  t.is((await admin.topic(there))?.partitions, 2)
  t.is(await admin.topic(missing), null)
})

/** What the command prints about a configuration. */
async function connected(t: ExecutionContext, config: unknown): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-connect-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.yaml')
  writeFileSync(file, JSON.stringify(config))
  const args = [packageRoot('dist/processors/main.js'), 'check', '--connect', '--json', file]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}
