// `tailrace certify` as a user runs it, and what it would call a breach.

import test, { type ExecutionContext } from 'ava'
import { breaches, fatesOf } from '../../../../processors/commands/certify/fates.ts'
import type { Observed } from '../../../../processors/commands/test/observe.ts'
import { folder, outputOf } from '../shared/output.ts'

const config = `kafka: { brokers: ["\${env:KAFKA_BROKERS}"] }
channels: { fleet: {} }
streams:
  acme: { from: [fleet], paused: true, target: { http: { url: "\${env:ACME_URL}", refusesDevice: [404] } } }
  bolt: { from: [fleet], ttlSeconds: 60, target: { mqtt: { url: "mqtts://broker.example", topic: fleet } } }
`

test('every misbehaviour is played, and what became of each message is told', async t => {
  const cwd = folder(t, { 'tailrace.yaml': config })
  const { code, stdout, stderr } = await outputOf(['certify', 'acme'], cwd)
  t.deepEqual([code, stderr], [0, ''])
  t.regex(stdout, /^acme: order device, messages of any age, tried without end\. Its http target \.\.\.\n/)
  t.regex(stdout, /✔ refuses one message {2}\(400 when b2\)\n(.*\n)* {6}b2 {12}dead letter: http_rejected/)
  t.regex(stdout, /✔ does not know one device for ten minutes {2}\(404 when b until 10m\)\n/)
  t.regex(stdout, /\nIn all 14 cases each message came to one end, and each device kept its order\.\n$/)
})

test('a target of another kind is told outcomes, and the settings of the stream count', async t => {
  const cwd = folder(t, { 'tailrace.yaml': config })
  const { code, stdout } = await outputOf(['certify', 'bolt', '--json'], cwd)
  t.is(code, 0)
  const { ok, target, cases } = JSON.parse(stdout)
  t.deepEqual([ok, target], [true, 'mqtt'])
  const outage = cases.find(({ title }: { title: string }) => title === 'fails for two minutes')
  t.is(outage.messages.a1.end, 'gone')
})

test('a stream that is not there is told', async t => {
  const cwd = folder(t, { 'tailrace.yaml': config })
  const { code, stderr } = await outputOf(['certify', 'acne'], cwd)
  t.is(code, 2)
  t.regex(stderr, /no stream "acne" in tailrace\.yaml, did you mean "acme"\?/)
})

/** What `tailrace certify acme` prints of a stream with these settings. */
async function certified(t: ExecutionContext, acme: object, devices: object = {}) {
  const config = {
    kafka: { brokers: ['127.0.0.1:1'] },
    channels: { fleet: {} },
    attributes: { file: 'devices.yaml' },
    streams: { acme: { from: ['fleet'], target: { http: { url: 'http://127.0.0.1:1' } }, ...acme } }
  }
  const cwd = folder(t, {
    'tailrace.yaml': JSON.stringify(config),
    'devices.yaml': JSON.stringify(devices)
  })
  return outputOf(['certify', 'acme'], cwd)
}

const isKept = /\nIn all 14 cases each message came to one end, and each device kept its order\.\n$/

test('devices are played that "from" and "where" take, with made-up attributes where none are known', async t => {
  const { code, stdout } = await certified(t, {
    from: ['fleet/8*'],
    where: 'axles >= 2',
    requires: ['tollId', 'axles']
  })
  t.is(code, 0, stdout)
  t.regex(
    stdout,
    /^Played with devices that from and where take, made-up attributes: tollId, axles\.\nacme: order/
  )
  t.regex(stdout, isKept)
  t.regex(stdout, /✔ refuses one message.*\n {6}a1\.\.a3 b1 c1 +delivered after 0s/)
})

test('messages are played that the steps let pass, with the attributes of a known device', async t => {
  const steps = [
    { filter: 'position.speed > 3' },
    { sample: { everySeconds: 300 } },
    { template: { plate: 'vehicle.plate', speed: 'position.speed' } }
  ]
  const enriched = [...steps.slice(0, 2), { enrich: { prefix: 'vehicle.' } }, ...steps.slice(2)]
  const devices = { '1': { plate: 'CB 1' }, '2': { plate: 'CB 2', tollId: 'T-2' } }
  const { code, stdout } = await certified(t, { requires: ['tollId'], steps: enriched }, devices)
  t.is(code, 0, stdout)
  t.regex(stdout, /^Played with attributes of 2, messages with positions, measured ten minutes apart\.\n/)
  t.regex(stdout, isKept)
})

test('where the stream sends nothing at all, no case is passed, and the step that drops it is named', async t => {
  const { code, stdout } = await certified(t, { steps: [{ drop: ['x'] }, { filter: 'cargo.kind == "ice"' }] })
  t.is(code, 1)
  t.regex(
    stdout,
    /✘ accepts everything and yet gets no message .*\n {6}a1\.\.a3 .* {2}filtered by steps\[1\]\.filter\n$/
  )
  t.notRegex(stdout, /✔|Please report/)
})

test('what a step leaves out is told, and is no breach', async t => {
  const { code, stdout } = await certified(t, { steps: [{ filter: 'name != "b2"' }] })
  t.is(code, 0, stdout)
  t.regex(stdout, /✔ is not there for two minutes.*\n(.*\n)? {6}b2 +filtered by steps\[0\]\.filter\n/)
  t.regex(stdout, isKept)
})

test('a receiver whose answers name messages is played as such, whatever they are named by', async t => {
  const lists = [
    { at: 'results', value: 'status', meanings: { accepted: 'delivered', '*': 'reject' } },
    { at: '$', ident: 'unit.id', means: 'delivered' },
    { at: 'data.done', index: 'item', value: 'state', meanings: { '*': 'delivered' } }
  ]
  for (const list of lists) {
    const http = { url: 'http://127.0.0.1:1', success: [202], parts: { lists: [list], unnamed: 'retry' } }
    const { code, stdout } = await certified(t, { target: { http } })
    t.is(code, 0, stdout)
    t.regex(stdout, /✔ refuses one message.*\n {6}a1\.\.a3 b1 c1 +delivered after 0s/)
  }
})

test('an answer that no receiver can give is told as the reason why nothing is shown', async t => {
  const parts = { lists: [{ at: 'errors', index: 'item', means: 'reject' }], unnamed: 'retry' }
  const { code, stdout } = await certified(t, { target: { http: { url: 'http://127.0.0.1:1', parts } } })
  t.is(code, 1)
  t.regex(
    stdout,
    /✘ accepts everything and yet gets no message .*\n {6}a1\.\.a3 .*: waiting http_answer_unreadable\n$/
  )
})

const observed: Observed = {
  requests: ['0s a1..a2 -> 200', '1s a2 -> 200', '2s b1 -> 400'],
  delivered: ['a1', 'a2'],
  sent: new Map(),
  deadLetters: ['b1 http_rejected'],
  held: ['c 1 http_device_refused'],
  offset: 4,
  counts: { filtered: 0, expired: 1 },
  state: 'running',
  isCutOff: false
}

test('each message has one fate', t => {
  const fates = fatesOf(['a1', 'a2', 'b1', 'c1'], observed)
  t.like(fates.get('a2'), { end: 'delivered', lastMs: 1_000, sent: 2 })
  t.like(fates.get('b1'), { end: 'dead letter', why: 'http_rejected', sent: 1 })
  t.like(fates.get('c1'), { end: 'held', why: 'http_device_refused', sent: 0 })
  t.deepEqual(breaches(['a1', 'a2', 'b1', 'c1'], observed), [])
})

test('what comes twice, late, or to two ends is a breach', t => {
  t.deepEqual(breaches(['a1', 'a2'], { ...observed, delivered: ['a2', 'a1'] }), [
    'a1 was delivered after a later message of its device'
  ])
  t.deepEqual(breaches(['a1'], { ...observed, delivered: ['a1', 'a1'] }), ['a1 was confirmed twice'])
  t.deepEqual(breaches(['b1'], { ...observed, delivered: ['b1'] }), ['b1 was delivered and set aside'])
})
