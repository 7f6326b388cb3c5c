// `tailrace where` on a real Kafka, beside a stream that has delivered, held, set aside and not yet sent what it tells of.

import test, { type ExecutionContext } from 'ava'
import { until } from '../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { createService, startReceiver, writeConfig } from '../../service/start.ts'
import { outputOf } from '../shared/output.ts'

/** Refuses truck-1 as a device, and of truck-2 the second message; answers nobody once it is told to hang. */
async function setUp(t: ExecutionContext, settings: object = {}) {
  let isHanging = false
  let spoilt = ''
  const receiver = await startReceiver(t, () => {
    if (isHanging) return { kind: 'hang' }
    return { kind: 'answer', status: spoilt === '' ? 200 : Number(spoilt) }
  })
  const topic = uniqueName('where')
  const acme = {
    from: ['fleet'],
    group: topic,
    target: { http: { url: receiver.url, maxMessages: 1, refusesDevice: [404] } },
    ...settings
  }
  const parts = { channels: { fleet: { topic, partitions: 3, sources: [{ http: {} }] } }, streams: { acme } }
  const running = createService(t, parts)
  await running.service.start()
  await running.opened('acme', 3)
  const config = writeConfig(t, { kafka: { brokers: testBrokers() }, ...parts })
  const post = (ident: string, n: number) => running.post('fleet', [{ ident, n }])
  return {
    running,
    post,
    answer: (status: number | 'hang') => {
      isHanging = status === 'hang'
      spoilt = status === 'hang' ? '' : String(status)
    },
    accounts: () => running.stream('acme')?.accounts,
    ask: (...args: string[]) => outputOf(['where', 'acme', '--config', config, ...args])
  }
}

test('what was delivered, owed, held and set aside is told, with the ledger also when and with which answer', async t => {
  const { running, post, answer, accounts, ask } = await setUp(t, { ledger: {} })
  await post('truck-2', 1)
  await until('it is delivered', () => accounts()?.delivered === 1)
  answer(400)
  await post('truck-2', 2)
  await until('it is set aside', () => accounts()?.dead_lettered === 1)
  answer(404)
  await post('truck-1', 3)
  await until('its device is held', () => (accounts()?.held ?? 0) >= 1)
  answer('hang')
  await post('truck-2', 4)
  await until('it is pending', () => (running.stream('acme')?.pending ?? 0) >= 1)
  await until('the ledger is written', async () => {
    const { ledger } = JSON.parse((await ask('--device', 'truck-2', '--json')).stdout)
    return ledger.length === 1
  })
  const told = JSON.parse((await ask('--device', 'truck-2', '--json')).stdout)
  t.like(told, { stream: 'acme', device: 'truck-2', owed: { messages: 1 }, held: [], deadLetters: 1 })
  t.like(told.ledger[0], { delivered: 1, deadLettered: 1, answer: 'HTTP 200' })
  t.deepEqual(
    told.messages.map(({ state, code }: { state: string; code: string | null }) => [state, code]),
    [
      ['delivered', null],
      ['dead letter', 'http_rejected'],
      ['owed', null]
    ]
  )
  const held = await ask('--device', 'truck-1')
  t.is(held.code, 0, held.stderr)
  t.regex(held.stdout, /^held {12}1 message for .*: http_device_refused: HTTP 404/m)
  t.regex(held.stdout, / {2}held$/m)
})

test('without a ledger it says what it cannot know', async t => {
  const { post, accounts, ask } = await setUp(t)
  await post('truck-2', 1)
  await until('it is delivered', () => accounts()?.delivered === 1)
  await until('it is committed', async () => {
    const { owed } = JSON.parse((await ask('--device', 'truck-2', '--json')).stdout)
    return owed.messages === 0
  })
  const { stdout } = await ask('--device', 'truck-2')
  t.regex(stdout, /^delivered last {2}not known: the stream keeps neither a ledger/m)
  t.regex(stdout, / {2}settled$/m)
})

const states = (told: string): string[] =>
  JSON.parse(told).messages.map(({ state }: { state: string }) => state)

test('a message that a step left out is not told as delivered', async t => {
  const { post, accounts, ask } = await setUp(t, { ledger: {}, steps: [{ filter: 'n > 3' }] })
  for (const n of [5, 1, 9, 2]) await post('truck-2', n)
  await until('all have ended', () => accounts()?.delivered === 2 && accounts()?.filtered === 2)
  await until('the ledger is written, and all is committed', async () => {
    const { ledger, owed } = JSON.parse((await ask('--device', 'truck-2', '--json')).stdout)
    return ledger[0]?.delivered === 2 && owed.messages === 0
  })
  const { stdout } = await ask('--device', 'truck-2', '--json')
  t.deepEqual(states(stdout), ['settled', 'settled', 'delivered', 'settled'])
})

test('receipts tell which messages were delivered, and where more of them is to be read', async t => {
  const { post, accounts, ask } = await setUp(t, { receipts: {}, steps: [{ filter: 'n > 3' }] })
  for (const n of [5, 1, 9]) await post('truck-2', n)
  await until('all have ended', () => accounts()?.delivered === 2 && accounts()?.filtered === 1)
  await until('all is committed', async () => {
    const { owed } = JSON.parse((await ask('--device', 'truck-2', '--json')).stdout)
    return owed.messages === 0
  })
  t.deepEqual(states((await ask('--device', 'truck-2', '--json')).stdout), [
    'delivered',
    'settled',
    'delivered'
  ])
  const { stdout } = await ask('--device', 'truck-2')
  t.regex(stdout, /^delivered last {2}offset 2 of \S+, in Kafka since \S+, confirmed \S+ \(HTTP 200\)$/m)
  t.regex(stdout, /^receipts {8}tailrace receipts list acme --device truck-2$/m)
})

test('a device of which nothing ends with 1, and says where was looked', async t => {
  const { ask } = await setUp(t)
  const { code, stdout } = await ask('--device', 'truck-9', '--since', '2h')
  t.is(code, 1)
  t.regex(
    stdout,
    /^Nothing is known of truck-9: no message in \S+\/\d within 2 h 0 min, none held, no dead letter\.\n$/
  )
})
