// A service on real Kafka that is given another configuration while messages flow: what it touches and what it does not.

import test, { type ExecutionContext } from 'ava'
import { until } from '../../../flows/harness/until.ts'
import { uniqueName } from '../../../kafka.ts'
import { createService, messages, type RunningService, startReceiver } from '../start.ts'

const numbers = (count: number) => messages(count).map(({ n }) => n)
const sorted = (arrived: readonly number[]) => [...arrived].sort((a, b) => a - b)

test('a changed stream finishes what is in flight and goes on with what follows, and its neighbour goes on untouched', async t => {
  const [slow, fast, other] = [
    await startReceiver(t, () => ({ kind: 'answer', status: 200, afterMs: 100 })),
    await startReceiver(t),
    await startReceiver(t)
  ]
  const topic = uniqueName('reload')
  const stream = (name: string, http: object) => ({
    from: ['fleet'],
    group: `${topic}.${name}`,
    target: { http }
  })
  const channels = { fleet: { topic, partitions: 3, sources: [{ http: {} }] } }
  const bolt = stream('bolt', { url: other.url })
  const running = createService(t, {
    channels,
    streams: { acme: stream('acme', { url: slow.url, maxMessages: 10, batchesInFlight: 1 }), bolt }
  })
  await running.service.start()
  for (const name of ['acme', 'bolt']) await running.opened(name, 3)
  await running.post('fleet', messages(1_000))
  await until('some have arrived', () => slow.arrived.length > 50)
  const since = running.stream('bolt')?.since
  const plan = await running.reload({ channels, streams: { acme: stream('acme', { url: fast.url }), bolt } })
  t.deepEqual(
    plan.streams.map(({ stream: name, action }) => [name, action]),
    [
      ['acme', 'restart'],
      ['bolt', 'keep']
    ]
  )
  await until('all have arrived', () => slow.arrived.length + fast.arrived.length >= 1_000)
  await until('all have arrived at the other', () => other.arrived.length >= 1_000)
  t.deepEqual(sorted([...slow.arrived, ...fast.arrived]), numbers(1_000))
  t.deepEqual(sorted(other.arrived), numbers(1_000))
  t.is(running.stream('bolt')?.since, since)
  await isSecondGeneration(t, running)
})

async function isSecondGeneration(t: ExecutionContext, running: RunningService): Promise<void> {
  t.deepEqual([running.stream('acme')?.generation, running.stream('bolt')?.generation], [2, 1])
  t.like(running.service.status().config, { generation: 2, refused: undefined })
  const page = await (await fetch(`${running.adminUrl()}/metrics`)).text()
  t.regex(page, /^tailrace_config_generation 2$/m)
  t.regex(page, /^tailrace_config_reloads_total\{result="applied"\} 1$/m)
}

test('streams and channels come and go: a new channel is taken at once, and what is gone is shown no more', async t => {
  const [first, second] = [await startReceiver(t), await startReceiver(t)]
  const topic = uniqueName('comes')
  const stream = (channel: string, url: string) => ({
    from: [channel],
    group: `${topic}.${channel}`,
    target: { http: { url } }
  })
  const fleet = { topic, partitions: 1, sources: [{ http: {} }] }
  const boats = { topic: `${topic}.boats`, partitions: 1, sources: [{ http: {} }] }
  const acme = stream('fleet', first.url)
  const running = createService(t, { channels: { fleet }, streams: { acme } })
  await running.service.start()
  t.is((await running.post('boats', messages(1))).status, 404)
  await running.reload({ channels: { fleet, boats }, streams: { acme, bolt: stream('boats', second.url) } })
  await running.opened('bolt', 1)
  t.is((await running.post('boats', messages(100))).status, 200)
  await until('what was sent after its birth has arrived', () => second.arrived.length >= 100)
  await running.reload({ channels: { boats }, streams: { bolt: stream('boats', second.url) } })
  t.is((await running.post('fleet', messages(1))).status, 404)
  t.is(running.stream('acme'), undefined)
  const page = await (await fetch(`${running.adminUrl()}/metrics`)).text()
  t.notRegex(page, /tailrace_stream_state\{stream="acme"/)
  t.regex(page, /tailrace_stream_messages_read_total\{stream="acme"\}/)
})

test('two streams may swap their groups, and each then goes on where the other was', async t => {
  const [first, second] = [await startReceiver(t), await startReceiver(t)]
  const topic = uniqueName('swap')
  const channels = { fleet: { topic, partitions: 1, sources: [{ http: {} }] } }
  const streams = (one: string, two: string) => ({
    acme: { from: ['fleet'], group: `${topic}.${one}`, target: { http: { url: first.url } } },
    bolt: { from: ['fleet'], group: `${topic}.${two}`, target: { http: { url: second.url } } }
  })
  const running = createService(t, { channels, streams: streams('a', 'b') })
  await running.service.start()
  for (const name of ['acme', 'bolt']) await running.opened(name, 1)
  await running.post('fleet', messages(100))
  await until('all have arrived', () => first.arrived.length + second.arrived.length >= 200)
  await running.reload({ channels, streams: streams('b', 'a') })
  for (const name of ['acme', 'bolt']) await running.opened(name, 1)
  await running.post('fleet', messages(100))
  await until('all have arrived', () => first.arrived.length + second.arrived.length >= 400)
  const twice = sorted([...numbers(100), ...numbers(100)])
  t.deepEqual(sorted(first.arrived), twice)
  t.deepEqual(sorted(second.arrived), twice)
})

test('what only a restart of the process can change is refused as a whole', async t => {
  const receiver = await startReceiver(t)
  const topic = uniqueName('refused')
  const channels = { fleet: { topic, partitions: 1, sources: [{ http: {} }] } }
  const acme = { from: ['fleet'], group: topic, target: { http: { url: receiver.url } } }
  const running = createService(t, { channels, streams: { acme } })
  await running.service.start()
  await running.opened('acme', 1)
  const changed = { channels, streams: { acme, bolt: { ...acme, group: `${topic}.b` } } }
  const fault = await t.throwsAsync(running.reload({ ...changed, memory: { maxBytes: 300_000_000 } }))
  t.regex(fault?.message ?? '', /restart of the process: memory\.maxBytes/)
  t.true(running.service.generation.refuse(['memory.maxBytes']))
  t.like(running.service.status().config, { generation: 1, refused: { reasons: ['memory.maxBytes'] } })
  await running.reload({ channels, streams: { acme } })
  t.like(running.service.status().config, { generation: 1, refused: undefined })
  t.deepEqual(
    running.service.status().streams.map(({ name }) => name),
    ['acme']
  )
  t.is((await running.post('fleet', messages(1))).status, 200)
  await until('the old configuration is in force', () => receiver.arrived.length === 1)
})
