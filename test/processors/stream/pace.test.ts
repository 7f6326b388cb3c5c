import test from 'ava'
import { failure, isInOrder, Rig, ScriptedTarget } from './rig.ts'

const devices = Array.from({ length: 40 }, (_, at) => `device-${at}`)

test('members send at the pace that their partitions are of all, and what is sent again counts', async t => {
  const rig = new Rig(4)
  const rateLimit = { messagesPerSecond: 20 }
  const first = await rig.started({ rateLimit })
  const second = await rig.started({ rateLimit })
  await rig.clock.advance(10_000)
  for (let round = 0; round < 20; round++) await rig.send(...devices)
  await rig.clock.advance(10_000)
  const sent = () => [first, second].map(({ target }) => target.batches.flat().length)
  const before = sent()
  let refused = 0
  second.target.script = async () => (refused++ < 20 ? failure('retry', { scope: 'message' }) : undefined)
  await rig.clock.advance(10_000)
  const during = sent().map((messages, at) => messages - (before[at] ?? 0))
  t.deepEqual(
    during.map(messages => messages >= 97 && messages <= 101),
    [true, true],
    `${during}`
  )
  t.true((first.meter.totals.rateLimited ?? 0) > 15)
  await rig.clock.until(() => first.target.confirmed.length + second.target.confirmed.length >= 800)
  t.true(isInOrder(first.target.confirmed) && isInOrder(second.target.confirmed))
  await first.stream.stop(5_000)
  await second.stream.stop(5_000)
})

test('a stream finds out how many batches at once a destination takes best', async t => {
  const rig = new Rig(4)
  const target = new ScriptedTarget()
  let atWork = 0
  target.script = async () => {
    if (atWork >= 3) return failure('retry', { code: 'http_throttled' })
    atWork++
    await new Promise<void>(resolve => rig.clock.after(100, resolve))
    atWork--
    return undefined
  }
  const { stream } = await rig.started({ adaptiveConcurrency: true }, target)
  t.is(stream.status().concurrency.limit, 1)
  for (let round = 0; round < 150; round++) await rig.send(...devices)
  await rig.clock.advance(8_000)
  const { limit, inFlight } = stream.status().concurrency
  t.true(limit >= 2 && limit <= 4 && inFlight >= 2 && inFlight <= limit, `${inFlight} of ${limit}`)
  t.true(isInOrder(target.confirmed))
  const stopped = stream.stop(5_000)
  await rig.clock.advance(6_000)
  await stopped
})
