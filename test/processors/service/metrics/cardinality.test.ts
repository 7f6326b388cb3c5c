// How many series a process puts on its page: a budget for each stream, whatever its devices, its partitions and the answers of
// its target are.

import test, { type ExecutionContext } from 'ava'
import { until } from '../../../flows/harness/until.ts'
import { uniqueName } from '../../../kafka.ts'
import { createService, messages, type RunningService, startReceiver } from '../start.ts'
import { seriesOf } from './page.ts'

const [partitions, devices] = [12, 300]
/** As processors/README.md says. */
const ofStream = 150
/** All that is of no stream: the process, its memory, Node, the channel, and what Kafka is asked for. */
const ofProcess = 150
/** What a target answers: 200 most of the time, and what else gives reasons by their codes. */
const answers = [200, 200, 503, 200, 429, 200, 422, 200, 500, 200, 400]
/** Labels whose values are reasons; each further one costs a series. */
const reasons = 'code'

/** Five streams on one topic, each with a target that answers all sorts of things. */
async function configOf(t: ExecutionContext, topic: string) {
  const stream = async (at: number) => {
    let turn = at
    const { url } = await startReceiver(t, () => ({
      kind: 'answer',
      status: answers[turn++ % answers.length] ?? 200
    }))
    const retry = { minDelayMs: 10, maxDelayMs: 50 }
    const about = { group: `${topic}.${at}`, retry, silence: {}, objective: { maxAgeSeconds: 60 } }
    return [`stream-${at}`, { ...about, from: ['fleet'], target: { http: { url, maxMessages: 20 } } }]
  }
  const streams = Object.fromEntries(await Promise.all([0, 1, 2, 3, 4].map(stream)))
  return { channels: { fleet: { topic, partitions, sources: [{ http: {} }] } }, streams }
}

const pageOf = async ({ adminUrl }: RunningService) =>
  seriesOf(await (await fetch(`${adminUrl()}/metrics`)).text())

test('the series of a stream stay within their budget, and none names a device', async t => {
  const config = await configOf(t, uniqueName('cardinality'))
  const running = createService(t, config)
  await running.service.start()
  const names = Object.keys(config.streams)
  for (const name of names) await running.opened(name, partitions)
  for (let round = 0; round < 4; round++)
    t.is((await running.post('fleet', messages(3 * devices, devices))).status, 200)
  const ended = (name: string) => {
    const { delivered = 0, dead_lettered: dead = 0 } = running.stream(name)?.accounts ?? { delivered: 0 }
    return delivered + dead
  }
  await until('all has ended', () => names.every(name => ended(name) >= 12 * devices))

  const without = await pageOf(running)
  const largest = Math.max(...names.map(name => shareOf(without, name).budgeted))
  const whole = names.reduce((sum, name) => sum + shareOf(without, name).all, 0)
  t.log(
    `of a stream: ${largest}; with all codes: ${Math.round(whole / names.length)}; of the process: ${without.length - whole}`
  )
  t.true(largest <= ofStream, `${largest} series of a stream`)
  t.true(without.length - whole <= ofProcess, `${without.length - whole} series of no stream`)

  await running.reload({ ...config, metrics: { partitions: true } })
  const added = (await pageOf(running)).filter(({ name }) => name === 'tailrace_partition_lag_messages')
  t.is(added.length, names.length * partitions)
  for (const { labels } of [...without, ...added])
    for (const value of Object.values(labels)) t.notRegex(value, /truck/)
})

/** The series of a stream: all of them, and those without the ones for each reason. */
function shareOf(page: Awaited<ReturnType<typeof pageOf>>, stream: string) {
  const own = page.filter(({ labels }) => labels.stream === stream)
  return { all: own.length, budgeted: own.filter(({ labels }) => (labels[reasons] ?? '') === '').length }
}
