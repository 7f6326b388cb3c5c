import test from 'ava'
import { until } from '../../flows/harness/until.ts'
import {
  batchOf,
  claims,
  doubleWith,
  faultOf,
  isFailure,
  namesIn,
  outcomesOf,
  pairWith,
  targetWith,
  told
} from './harness.ts'

const busy = { condition: 'com.microsoft:server-busy', description: 'Error code : 50002.' }

test('an event has the bytes of the message, its id and content type, and the device as its partition key', async t => {
  const { target, ledger } = await pairWith(t)
  const batch = batchOf(['a'])
  t.deepEqual(told(await outcomesOf(target, batch)), ['delivered'])
  const [transfer] = ledger
  t.is(transfer?.address, 'telemetry')
  t.deepEqual(transfer?.events, [
    {
      body: Buffer.from(batch.messages[0]?.value() ?? ''),
      partitionKey: 'a',
      messageId: 'fleet-0-0',
      contentType: 'application/json',
      properties: {}
    }
  ])
})

test('properties hold fields of the message, its id, and the name of a replay', async t => {
  const properties = { fleet: 'acme', device: '{ident}', number: '{n}', id: '{@id}', none: '<{missing}>' }
  const { target, ledger } = await pairWith(t, { properties, replay: 'again' })
  await outcomesOf(target, batchOf(['a']))
  const found = { fleet: 'acme', device: 'a', number: '0', id: 'fleet-0-0', none: '<>' }
  t.deepEqual(ledger[0]?.events[0]?.properties, { ...found, 'tailrace-replay': 'again' })
})

test('a batch of several devices travels as a batch for each, all at the same time on one link', async t => {
  const whenAccepted: number[] = []
  const { target, double, ledger } = await pairWith(t, {
    double: {
      reply: () => ({ kind: 'accept', afterMs: 200 }),
      confirmed: () => void whenAccepted.push(ledger.length)
    }
  })
  const outcomes = await outcomesOf(target, batchOf(['a', 'b', 'a', 'c', 'b', 'a']))
  t.deepEqual(whenAccepted, [3, 3, 3])
  t.true(outcomes.every(({ kind }) => kind === 'delivered'))
  t.deepEqual(ledger.map(namesIn), [['a:0', 'a:2', 'a:5'], ['b:1', 'b:4'], ['c:3']])
  t.is(double.accepted, 1)
})

test('a message without a key has no partition key', async t => {
  const { target, ledger } = await pairWith(t)
  await outcomesOf(target, batchOf(['']))
  t.is(ledger[0]?.partitionKey, null)
})

test('with partitionKeys many devices travel together, and each keeps to its key and is named', async t => {
  const { target, ledger } = await pairWith(t, { partitionKeys: 2 })
  const devices = Array.from({ length: 40 }, (_, n) => `d${n % 20}`)
  await outcomesOf(target, batchOf(devices))
  await outcomesOf(target, batchOf(devices))
  t.is(ledger.length, 4)
  t.deepEqual(new Set(ledger.map(({ partitionKey }) => partitionKey)), new Set(['0', '1']))
  const keys = new Map<unknown, string | null>()
  for (const { events } of ledger)
    for (const { properties, partitionKey } of events) {
      t.is(keys.get(properties.ident) ?? partitionKey, partitionKey)
      keys.set(properties.ident, partitionKey)
    }
  t.is(keys.size, 20)
})

test('what does not fit into one batch is sent in several, one after the other', async t => {
  const seen: number[] = []
  let open = 0
  const { target, ledger } = await pairWith(t, {
    double: {
      maxMessageBytes: () => 2_000,
      ledger: transfer => {
        open++
        seen.push(open)
        ledger.push(transfer)
      },
      confirmed: () => void open--,
      reply: () => ({ kind: 'accept', afterMs: 5 })
    }
  })
  const devices = Array.from({ length: 10 }, () => 'a')
  const outcomes = await outcomesOf(target, batchOf(devices, 'x'.repeat(500)))
  t.true(outcomes.every(({ kind }) => kind === 'delivered'))
  t.deepEqual(
    ledger.flatMap(namesIn),
    devices.map((_, n) => `a:${n}`)
  )
  t.true(ledger.length >= 4 && ledger.every(({ bytes }) => bytes <= 2_000))
  t.true(
    seen.every(count => count === 1),
    'two batches of a device were on their way'
  )
})

test('a message that just fits is sent, and one that does not is rejected alone', async t => {
  const { target, ledger } = await pairWith(t, { double: { maxMessageBytes: () => 2_000 } })
  const sizes = Array.from({ length: 200 }, (_, n) => 1_700 + n)
  for (const size of sizes) await outcomesOf(target, batchOf(['a'], 'x'.repeat(size)))
  const largest = Math.max(...ledger.map(({ bytes }) => bytes))
  t.true(largest <= 2_000 && largest > 1_990, `${largest}`)
  const outcomes = await outcomesOf(target, {
    ...batchOf(['b', 'a', 'b']),
    messages: [batchOf(['a']), batchOf(['a'], 'x'.repeat(2_000)), batchOf(['a'])].flatMap(one => one.messages)
  })
  t.deepEqual(told(outcomes), ['delivered', 'reject event_hubs_too_large', 'delivered'])
})

test('a device that is refused for now is sent nothing more, and the others go on', async t => {
  const refused = { condition: 'com.microsoft:timeout', description: 'no time' }
  const { target, ledger } = await pairWith(t, {
    double: {
      maxMessageBytes: () => 700,
      reply: ({ partitionKey }) =>
        partitionKey === 'a' ? { kind: 'reject', error: refused } : { kind: 'accept' }
    }
  })
  const outcomes = await outcomesOf(target, batchOf(['a', 'b', 'a', 'b'], 'x'.repeat(300)))
  t.deepEqual(told(outcomes), [
    'unknown event_hubs_unanswered',
    'delivered',
    'unsent event_hubs_predecessor_failed',
    'delivered'
  ])
  t.deepEqual(ledger.filter(({ partitionKey }) => partitionKey === 'a').flatMap(namesIn), ['a:0'])
})

test('who asks for patience is not sent what has not been sent yet', async t => {
  const { target, ledger } = await pairWith(t, {
    maxInFlight: 1,
    double: { reply: () => ({ kind: 'reject', error: busy }) }
  })
  const outcomes = await outcomesOf(target, batchOf(['a', 'b', 'c']))
  const unsent = 'unsent event_hubs_throttled'
  t.deepEqual(told(outcomes), ['retry event_hubs_throttled', unsent, unsent])
  t.is(ledger.length, 1)
})

test('who asks for patience is sent nothing more of what is behind the batches that are on their way', async t => {
  const { target, ledger } = await pairWith(t, {
    double: {
      maxMessageBytes: () => 700,
      reply: ({ partitionKey }) =>
        partitionKey === 'a' ? { kind: 'reject', error: busy } : { kind: 'accept', afterMs: 200 }
    }
  })
  const outcomes = await outcomesOf(target, batchOf(['a', 'b', 'b'], 'x'.repeat(300)))
  t.deepEqual(told(outcomes), ['retry event_hubs_throttled', 'delivered', 'unsent event_hubs_throttled'])
  t.is(ledger.length, 2)
})

test('a property may have any name, also that by which the SDK tells what has a trace', async t => {
  const { target, ledger } = await pairWith(t, { properties: { 'Diagnostic-Id': 'trace-{n}' } })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
  t.deepEqual(ledger[0]?.events[0]?.properties, { 'Diagnostic-Id': 'trace-0' })
})

test('a link that states no limit takes whatever comes', async t => {
  const { target, ledger } = await pairWith(t, { double: { maxMessageBytes: () => 0 } })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a', 'a']))), ['delivered', 'delivered'])
  t.is(ledger.length, 1)
})

test('a link that may send no more gives way to a new connection', async t => {
  let isRefused = true
  const refused = { condition: 'amqp:unauthorized-access', description: 'ExpiredToken' }
  const { target, double } = await pairWith(t, {
    double: { reply: () => (isRefused ? { kind: 'reject', error: refused } : { kind: 'accept' }) }
  })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['retry event_hubs_token_refused'])
  isRefused = false
  await until('the old one was given up', () => double.connections === 0, 5_000)
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
  t.is(double.accepted, 2)
})

test('what is accepted right before the service ends the link is delivered', async t => {
  const forced = { condition: 'amqp:link:detach-forced', description: 'moved' }
  const { target, double } = await pairWith(t, {
    double: { confirmed: () => void process.nextTick(() => double.detach(forced)) }
  })
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
  await until('the connection was given up', () => double.connections === 0, 5_000)
})

test('of a batch that is refused the message to blame is found, and the others are delivered', async t => {
  const refused = { condition: 'amqp:not-allowed', description: 'no' }
  const { target, ledger } = await pairWith(t, {
    partitionKeys: 1,
    double: {
      reply: transfer =>
        namesIn(transfer).includes('f:5') ? { kind: 'reject', error: refused } : { kind: 'accept' }
    }
  })
  const outcomes = await outcomesOf(target, batchOf([...'abcdefghij']))
  t.deepEqual(
    told(outcomes),
    [...'abcdefghij'].map(device => (device === 'f' ? 'reject event_hubs_rejected' : 'delivered'))
  )
  t.true(ledger.length <= 10)
})

test('an ident that is longer than a partition key may be is rejected, and with partitionKeys delivered', async t => {
  const batch = batchOf(['a'.repeat(129), 'b'])
  const { target } = await pairWith(t)
  t.deepEqual(told(await outcomesOf(target, batch)), ['reject event_hubs_message_unfit', 'delivered'])
  const { target: spread } = await pairWith(t, { partitionKeys: 4 })
  t.deepEqual(told(await outcomesOf(spread, batch)), ['delivered', 'delivered'])
})

test('a key that is wrong halts, is told with a hint, and is not shown though the service repeats it', async t => {
  const { double } = await doubleWith(t)
  const wrong = double.connectionString.replace(claims.key, 'another-key-of-somebody')
  const fault = await faultOf(await targetWith(t, { connectionString: wrong }))
  t.is(fault.code, 'event_hubs_unauthorized')
  t.is(fault.spec.outcome, 'halt')
  t.regex(fault.spec.hint ?? '', /right Send/)
  t.regex(fault.detail ?? '', /InvalidSignature/)
  t.notRegex(`${fault.message} ${fault.detail}`, /another-key/)
})

test('a hub that does not exist halts', async t => {
  const { double } = await doubleWith(t)
  const connectionString = double.connectionString.replace('EntityPath=telemetry', 'EntityPath=telemetri')
  const fault = await faultOf(await targetWith(t, { connectionString }))
  t.is(fault.code, 'event_hubs_hub_missing')
  t.is(fault.spec.outcome, 'halt')
  t.regex(fault.detail ?? '', /telemetri/)
})

test('a link that the service detaches while it is idle costs nothing: a new connection is opened', async t => {
  const { target, double } = await pairWith(t)
  await outcomesOf(target, batchOf(['a']))
  double.detach({ condition: 'amqp:link:detach-forced', description: 'The link is force detached: idle' })
  await until('the connection was given up', () => double.connections === 0, 5_000)
  t.deepEqual(told(await outcomesOf(target, batchOf(['a']))), ['delivered'])
  t.is(double.accepted, 2)
})

test('what is on its way when the service ends the link or the connection is unknown at once, with the reason', async t => {
  const { target, double, ledger } = await pairWith(t, { double: { reply: () => ({ kind: 'hold' }) } })
  const forced = { condition: 'amqp:connection:forced', description: 'The connection was inactive' }
  for (const end of [() => double.detach(forced), () => double.closeConnections(forced)]) {
    const count = ledger.length
    const attempt = outcomesOf(target, batchOf(['a', 'b']))
    await until('both have arrived', () => ledger.length === count + 2, 5_000)
    end()
    const outcomes = await attempt
    t.deepEqual(told(outcomes), ['unknown event_hubs_link_ended', 'unknown event_hubs_link_ended'])
    const [first] = outcomes
    t.regex(isFailure(first) ? first.detail : '', /amqp:connection:forced: The connection was inactive$/)
  }
})

test('one batch that is passed over is given up alone, while later ones are accepted', async t => {
  const { target, double, ledger } = await pairWith(t, {
    ackTimeoutMs: 300,
    double: {
      reply: ({ partitionKey }) => (partitionKey === 'a' ? { kind: 'hold' } : { kind: 'accept' })
    }
  })
  const outcomes = await outcomesOf(target, batchOf(['a', 'b']))
  t.deepEqual(told(outcomes), ['unknown event_hubs_ack_timeout', 'delivered'])
  t.is(isFailure(outcomes[0]) ? outcomes[0].scope : undefined, 'device')
  t.deepEqual(told(await outcomesOf(target, batchOf(['b']))), ['delivered'])
  t.is(double.accepted, 1)
  t.is(ledger.length, 3)
})

test('a service that gives little credit is sent no more than that at a time', async t => {
  let open = 0
  let most = 0
  const { target } = await pairWith(t, {
    double: {
      credit: 3,
      ledger: () => {
        open++
        most = Math.max(most, open)
      },
      confirmed: () => void open--,
      reply: () => ({ kind: 'accept', afterMs: 10 })
    }
  })
  const outcomes = await outcomesOf(target, batchOf([...'abcdefghijklmnopqrstuvwxyz']))
  t.true(outcomes.every(({ kind }) => kind === 'delivered'))
  t.is(most, 3)
})
