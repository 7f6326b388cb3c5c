import test from 'ava'
import { FaultError } from '../../../schemas/errors.ts'
import { failure, isInOrder, Rig, ScriptedTarget } from './rig.ts'

const many = (count: number) => Array.from({ length: count }, (_, at) => `device-${at % 7}`)

test('every message is delivered once, in order per device, and committed', async t => {
  const rig = new Rig(4)
  const { stream, target } = await rig.started()
  const sent = await rig.send(...many(100))
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
  t.is(await rig.uncommitted(), 0)
  t.like(stream.status(), { state: 'running', lag: 0, pending: 0, pendingBytes: 0 })
})

test('a new stream starts with new messages only', async t => {
  const rig = new Rig()
  await rig.send(...many(20))
  await rig.clock.advance(1_000)
  const { target } = await rig.started({ birthMs: rig.clock.now() })
  const sent = await rig.send(...many(5))
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
})

test('a stream that was away goes on where it was, whatever its start says', async t => {
  const rig = new Rig()
  const first = await rig.started({ birthMs: rig.clock.now() })
  const before = await rig.send(...many(5))
  await rig.clock.advance(1_000)
  const stopped = first.stream.stop(5_000)
  await rig.clock.advance(10_000)
  await stopped
  const meanwhile = await rig.send(...many(5))
  await rig.clock.advance(60_000)
  const second = await rig.started({ birthMs: rig.clock.now() })
  t.deepEqual(first.target.confirmed.toSorted(), before.toSorted())
  t.deepEqual(second.target.confirmed.toSorted(), meanwhile.toSorted())
})

test('records without a value are counted as filtered and do not hold the commit back', async t => {
  const rig = new Rig(1)
  const { stream, target } = await rig.started()
  await rig.append(0, 'a:1')
  await rig.append(0, null)
  await rig.append(0, '')
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed, ['a:1'])
  t.is(await rig.uncommitted(), 0)
  t.like(stream.status().accounts, { read: 3, delivered: 1, filtered: 2 })
})

test('reading pauses while enough is pending and resumes when it was delivered', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  let isDown = true
  target.script = async () => (isDown ? failure('retry') : undefined)
  const { stream } = await rig.started({ budget: { windowBytes: 5_000, maxFetchBytes: 100_000 } }, target)
  const sent: string[] = []
  for (let round = 0; round < 20; round++) sent.push(...(await rig.send(...many(10))))
  await rig.clock.advance(60_000)
  t.true(stream.status().pending < 100)
  t.true([...stream.partitions].every(partition => partition.full))
  isDown = false
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
  t.is(await rig.uncommitted(), 0)
})

test('of a batch that is larger than the window only what fits is kept, and the rest is read later', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  let isDown = true
  target.script = async () => (isDown ? failure('retry') : undefined)
  const { stream } = await rig.started({ budget: { windowBytes: 5_000, maxFetchBytes: 100_000 } }, target)
  const sent = await rig.send(...many(1_000))
  await rig.clock.advance(10_000)
  const { pending, pendingBytes } = stream.status()
  t.true(pending > 10 && pendingBytes <= 5_000)
  isDown = false
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
  t.like(stream.status().accounts, { read: 1_000, delivered: 1_000 })
  t.is(await rig.uncommitted(), 0)
})

test('a second member takes over what was drained and committed: nothing twice, nothing lost', async t => {
  const rig = new Rig(4)
  const slow = () => {
    const target = new ScriptedTarget()
    target.script = () => new Promise(resolve => rig.clock.after(300, () => resolve(undefined)))
    return target
  }
  const first = await rig.started({}, slow())
  const sent = await rig.send(...many(100))
  const second = rig.member({}, slow())
  await second.stream.start()
  sent.push(...(await rig.send(...many(100))))
  await rig.clock.advance(20_000)
  t.deepEqual([...first.target.confirmed, ...second.target.confirmed].toSorted(), sent.toSorted())
  t.true(isInOrder(first.target.confirmed))
  t.true(second.target.confirmed.length > 0)
  t.is(await rig.uncommitted(), 0)
})

test('a rejoin that moves nothing repeats nothing', async t => {
  const rig = new Rig(2)
  const { target } = await rig.started()
  const sent = await rig.send(...many(30))
  rig.log.rejoin('tailrace.acme')
  sent.push(...(await rig.send(...many(30))))
  await rig.clock.advance(10_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
})

test('a target that hangs does not hold the group: past the deadline the attempt is given up', async t => {
  const rig = new Rig(2)
  const target = new ScriptedTarget()
  target.script = () => new Promise(() => {})
  const first = await rig.started({}, target)
  await rig.send(...many(10))
  const second = await rig.started()
  await rig.clock.advance(10_000)
  t.true(first.logged.includes('drain_overran'))
  t.is(second.stream.status().partitions.length, 1)
  t.true(second.target.confirmed.length > 0)
  t.true(first.stream.status().accounts.returned > 0)
})

test('results of a lost assignment no longer count', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  let answer = () => {}
  target.script = () =>
    target.batches.length > 1
      ? Promise.resolve(undefined)
      : new Promise(resolve => {
          answer = () => resolve(undefined)
        })
  const { stream } = await rig.started({}, target)
  await rig.send('a', 'a')
  rig.log.expireMembers('tailrace.acme')
  await rig.clock.advance(200)
  answer()
  await rig.clock.advance(20_000)
  const { accounts, pending } = stream.status()
  t.is(accounts.read, accounts.delivered + accounts.returned + pending)
  t.is(pending, 0)
  t.is(await rig.uncommitted(), 0)
})

test('what was confirmed but never committed is not sent again when a lost partition comes back', async t => {
  const rig = new Rig(1)
  const { target, stream } = await rig.started()
  rig.log.faults.failCommits(2)
  const sent = await rig.send(...many(30))
  await rig.clock.advance(250)
  t.is(await rig.uncommitted(), 30)
  rig.log.expireMembers('tailrace.acme')
  await rig.clock.advance(20_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.is(await rig.uncommitted(), 0)
  t.is(stream.status().accounts.read, 30)
})

test('a stop delivers what is in flight, commits it, and hands the rest back', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = () => new Promise(resolve => rig.clock.after(2_000, () => resolve(undefined)))
  const { stream } = await rig.started({ concurrency: 1 }, target)
  const sent = await rig.send(...Array(25).fill('a'))
  const stopping = stream.stop(5_000)
  t.is(stream.status().state, 'draining')
  await rig.clock.advance(10_000)
  await stopping
  t.deepEqual(target.confirmed, sent.slice(0, 10))
  t.is(await rig.uncommitted(), 15)
  t.true(target.isClosed)
  t.like(stream.status(), {
    state: 'stopped',
    accounts: { read: 25, delivered: 10, returned: 15 },
    pending: 0
  })
  t.is(rig.clock.waiting, 0)
})

test('what was delivered is committed at a stop although commits fail for a while', async t => {
  const rig = new Rig(1)
  const { stream, target } = await rig.started()
  rig.log.faults.failCommits(20)
  const sent = await rig.send(...many(10))
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  const stopping = stream.stop(5_000)
  await rig.clock.advance(5_000)
  await stopping
  t.is(await rig.uncommitted(), 0)
})

test('what was delivered is committed before a partition moves although commits fail for ten seconds', async t => {
  const rig = new Rig(4)
  const first = await rig.started()
  rig.log.faults.failCommits(100)
  const second = rig.member()
  await second.stream.start()
  const sent = await rig.send(...many(100))
  await rig.clock.advance(30_000)
  t.deepEqual([...first.target.confirmed, ...second.target.confirmed].toSorted(), sent.toSorted())
  t.is(await rig.uncommitted(), 0)
})

test('a commit that never succeeds does not hold the group for ever', async t => {
  const rig = new Rig(2)
  await rig.started()
  rig.log.faults.failCommits(1_000)
  await rig.send(...many(10))
  const second = await rig.started()
  t.is(second.stream.status().partitions.length, 0)
  await rig.clock.advance(20_000)
  t.is(second.stream.status().partitions.length, 1)
})

test('a stop with a target that hangs ends at its deadline', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = () => new Promise(() => {})
  const { stream } = await rig.started({}, target)
  await rig.send('a')
  const stopping = stream.stop(5_000)
  await rig.clock.advance(6_500)
  await stopping
  t.is(await rig.uncommitted(), 1)
  t.is(stream.status().state, 'stopped')
})

test('a committed position that retention took away halts the stream instead of jumping', async t => {
  const rig = new Rig(1)
  const first = await rig.started()
  await rig.send(...many(10))
  await rig.clock.advance(1_000)
  const stopping = first.stream.stop(1_000)
  await rig.clock.advance(5_000)
  await stopping
  await rig.send(...many(10))
  rig.log.deleteBefore('fleet', 0, 15)
  const { stream, target } = await rig.started()
  await rig.clock.advance(5_000)
  t.deepEqual(target.confirmed, [])
  t.like(stream.status(), { state: 'halted', trouble: { code: 'position_lost' } })
  t.regex(stream.status().trouble?.detail ?? '', /committed 10, Kafka holds 15 to 20/)
})

test('a target that cannot be opened halts the stream, which starts once it can', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.openFails = new FaultError('position_lost', { detail: 'stands for a refused credential' })
  const { stream } = await rig.started({}, target)
  const sent = await rig.send('a', 'b')
  t.is(stream.status().state, 'halted')
  t.deepEqual(target.batches, [])
  target.openFails = null
  await rig.clock.advance(61_000)
  t.deepEqual(target.confirmed, sent)
  t.is(stream.status().state, 'running')
})

test('commits that fail are repeated, and start and opening wait for a log that cannot be asked', async t => {
  const rig = new Rig(2)
  rig.log.faults.failAdminCalls(2)
  const { target, stream } = rig.member()
  const starting = stream.start()
  await rig.clock.until(() => stream.status().state === 'waiting', 1_000)
  await rig.clock.until(() => stream.status().state === 'running', 5_000)
  await starting
  rig.log.expireMembers('tailrace.acme')
  rig.log.faults.failAdminCalls(2)
  rig.log.faults.failCommits(2)
  const sent = await rig.send(...many(10))
  await rig.clock.advance(30_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.is(await rig.uncommitted(), 0)
  t.is(stream.status().state, 'running')
})

test('a device that turns up in two partitions is told once', async t => {
  const rig = new Rig(2)
  const { meter, logged } = await rig.started()
  for (const partition of [0, 1, 0, 1]) await rig.append(partition, 'k:1')
  await rig.clock.advance(1_000)
  t.is(meter.totals.keyMoved, 3)
  t.is(logged.filter(name => name === 'key_in_two_partitions').length, 1)
})

test('partitions that are added while it runs are opened at the birth of the stream, and it is told', async t => {
  const rig = new Rig(2)
  const { target, logged } = await rig.started()
  rig.log.raisePartitions('fleet', 4)
  await rig.append(3, 'k:7')
  await rig.clock.advance(10_000)
  t.true(logged.includes('partitions_raised'))
  t.deepEqual(target.confirmed, ['k:7'])
})

test('a batch holds at most what the target takes', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  let open = () => {}
  const gate = new Promise<undefined>(resolve => {
    open = () => resolve(undefined)
  })
  target.script = () => gate
  await rig.started({}, target)
  await rig.send(...many(35))
  open()
  await rig.clock.advance(1_000)
  t.true(target.batches.every(batch => batch.length <= 10))
  t.is(target.batches.flat().length, 35)
})
