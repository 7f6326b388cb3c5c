// Every metric of the closed list is set by something: each is named where things are counted, and those are on the page of a
// service that has met what it can meet.

import test, { type ExecutionContext } from 'ava'
import mqtt from 'mqtt'
import { metrics } from '../../../../schemas/metrics.ts'
import { repositoryFiles } from '../../../architecture/files.ts'
import { until } from '../../../flows/harness/until.ts'
import { uniqueName } from '../../../kafka.ts'
import { startMosquitto } from '../../../mosquitto.ts'
import { createService, messages, type RunningService, startReceiver } from '../start.ts'
import { metricOf, seriesOf } from './page.ts'

const names = Object.keys(metrics)
/** Why a process does not start, and may not read the settings of topics: it does, and may. Tests of their own tell of that. */
const elsewhere = ['tailrace_service_trouble', 'tailrace_stream_time_to_loss_unknown']

test('every metric of the closed list is named by who sets it', t => {
  const texts = repositoryFiles('processors').map(({ text }) => text)
  t.deepEqual(
    names.filter(name => !texts.some(text => new RegExp(`\\b${name}\\b['\\s]*[:)]`).test(text))),
    []
  )
})

test('every metric of the closed list is on the page of a service that has met what it can meet', async t => {
  const topic = uniqueName('complete')
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const streams = await streamsOf(t, topic)
  const running = createService(t, {
    channels: {
      fleet: fleet(topic, [{ http: {} }, { mqtt: { url, topics: ['{ident}/up'], clientId: topic } }])
    },
    metrics: { partitions: true },
    streams
  })
  await running.service.start()
  for (const name of Object.keys(streams)) await running.opened(name, 2)
  const isConnected = () => running.logged.some(({ name }) => name === 'source_connected')
  await until('it is subscribed', isConnected)
  const client = await mqtt.connectAsync(url)
  t.teardown(() => client.endAsync(true))
  await client.publishAsync('7/up', 'this is no message', { qos: 1 })
  await running.post('fleet', messages(20))
  t.is((await running.post('fleet', [{}])).status, 400)
  await joined(t, topic, { good: streams.good })
  const missing = async () => {
    const found = new Set((await pageOf(running)).map(series => metricOf(series, names)))
    return names.filter(name => !found.has(name) && !elsewhere.includes(name))
  }
  await until('nothing but what never comes is missing', async () => (await missing()).length === 0)
  t.deepEqual(await missing(), [])
})

/** A JSON Web Token that says when it expires. */
const expiringToken = ['{"alg":"none"}', '{"iat":1735689600,"exp":4102444800}', 'signature']
  .map(part => Buffer.from(part).toString('base64url'))
  .join('.')

const fleet = (topic: string, sources: readonly object[]) => ({ topic, partitions: 2, sources })

async function pageOf(running: RunningService) {
  return seriesOf(await (await fetch(`${running.adminUrl()}/metrics`)).text())
}

/** A stream that delivers, one whose target refuses messages, and one whose target refuses its credentials. */
async function streamsOf(t: ExecutionContext, topic: string) {
  const stream = async (name: string, status: number) => {
    const { url } = await startReceiver(t, () => ({ kind: 'answer', status }))
    const asked = { silence: {}, objective: { maxAgeSeconds: 60 } }
    const http = { url, bearer: expiringToken }
    return { ...asked, from: ['fleet'], group: `${topic}.${name}`, target: { http } }
  }
  return {
    good: await stream('good', 200),
    rejecting: await stream('rejecting', 422),
    refused: await stream('refused', 401)
  }
}

/** Another process joins the group of the stream, so that the first one has to let partitions go. */
async function joined(t: ExecutionContext, topic: string, streams: object): Promise<void> {
  const other = createService(t, { channels: { fleet: fleet(topic, []) }, streams })
  await other.service.start()
  await other.opened('good', 1)
}
