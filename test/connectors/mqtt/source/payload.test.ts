import test from 'ava'
import { type PayloadRules, readPayload } from '../../../../connectors/mqtt/source/payload.ts'
import { parseTopic } from '../../../../connectors/mqtt/source/topics.ts'

const receivedAtMs = 1_767_225_600_500

const rulesOf = (topics: string, rules: Partial<PayloadRules> = {}): PayloadRules => ({
  patterns: topics.split(' ').map(parseTopic),
  identField: undefined,
  maxMessages: 100,
  maxMessageBytes: 1_000,
  ...rules
})

/** The messages, and what is wrong with the rest. */
async function read(topic: string, payload: string | Buffer, rules = rulesOf('fleet/{ident}/up up')) {
  const given = { topic, payload: Buffer.from(payload), cutFrom: null, problem: null }
  const result = await readPayload(given, rules, receivedAtMs)
  return {
    messages: result?.messages.map(({ key, value }) => [key.toString(), value.toString()]),
    broken: result?.broken.map(({ bytes, code, detail }) => [bytes.toString(), code, detail])
  }
}

test('one object and an array of them are messages, to the byte where the topic says nothing', async t => {
  const one = '{ "ident":"a", "timestamp":1.50, "n":123456789012345678901 }'
  t.deepEqual(await read('up', one), { messages: [['a', one]], broken: [] })
  const other = '{"ident":"b","timestamp":2}'
  t.deepEqual(await read('up', ` [${one} , ${other}]\n`), {
    messages: [
      ['a', one],
      ['b', other]
    ],
    broken: []
  })
  t.deepEqual(await read('up', '[]'), { messages: [], broken: [] })
})

test('what the topic says is in the message, in place of what the payload says', async t => {
  const rules = rulesOf('{site}/{ident}')
  const values = async (payload: string) => (await read('a/7', payload, rules)).messages
  t.deepEqual(await values('{"timestamp":1}'), [['7', '{"site":"a","ident":"7","timestamp":1}']])
  t.deepEqual(await values('{"ident":"x","timestamp":1 , "site" : {"b":[1]}}'), [
    ['7', '{"ident":"7","timestamp":1 , "site" : "a"}']
  ])
  t.deepEqual(await values('{"\\u0069dent":9,"timestamp":1}'), [
    ['7', '{"site":"a","\\u0069dent":"7","timestamp":1}']
  ])
  t.deepEqual(await values('{}'), [['7', '{"site":"a","ident":"7","timestamp":1767225600.5}']])
  t.deepEqual(await values('{ }'), [['7', '{"site":"a","ident":"7" ,"timestamp":1767225600.5}']])
  t.deepEqual((await read('"\\/7', '{"timestamp":1}', rules)).messages, [
    ['7', '{"site":"\\"\\\\","ident":"7","timestamp":1}']
  ])
})

test('the ident may stand in another field, as a text or a number with all of its digits', async t => {
  const rules = rulesOf('up fleet/{ident}', { identField: 'device.imei' })
  const keys = async (payload: string, topic = 'up') => {
    const { broken, messages } = await read(topic, payload, rules)
    return [...(messages ?? []).map(([key]) => key), ...(broken ?? []).map(([, , detail]) => detail)]
  }
  t.deepEqual(await keys('{"device.imei":"a"}'), ['a'])
  t.deepEqual(await keys('{"device":{"imei":"a"},"ident":"not this"}'), ['a'])
  t.deepEqual(await keys('{"device.imei":862552046671133}'), ['862552046671133'])
  t.deepEqual(await keys('{"device.imei":12345678901234567890123}'), ['12345678901234567890123'])
  t.deepEqual(await keys('{"device":{"imei":7}}'), ['7'])
  t.deepEqual(await keys('{"ident":"a"}'), ['device.imei is missing'])
  t.deepEqual(await keys('{"device.imei":true}'), ['device.imei, the ident, must be a string or a number'])
  t.deepEqual(await keys('{"device.imei":""}'), ['ident is empty'])
  t.deepEqual(await keys('{"device.imei":"a"}', 'fleet/7'), ['7'])
})

const wrong: readonly [payload: string | Buffer, detail: RegExp][] = [
  ['', /^it is empty$/],
  ['{"ident":"a"', /^it is not JSON/],
  ['[{"ident":"a"}', /^the array does not end$/],
  ['[{"ident":"a"}] 1', /^something follows the array$/],
  ['7', /^it is not a JSON object$/],
  ['{"n":1}', /^ident is missing$/],
  ['{"ident":7}', /^ident must be a string$/],
  ['{"ident":"a","ident":"b"}', /^ident stands in it twice$/],
  ['{"ident":"a","timestamp":-1}', /^timestamp must be in Unix seconds/],
  [Buffer.from([0x7b, 0xc3, 0x28, 0x7d]), /^it is not UTF-8$/]
]

for (const [payload, detail] of wrong)
  test(`${JSON.stringify(payload.toString())} is set aside as it came`, async t => {
    const given = { topic: 'up', payload: Buffer.from(payload), cutFrom: null, problem: null }
    const read = await readPayload(given, rulesOf('up'), 0)
    t.deepEqual(read?.messages, [])
    t.is(read?.broken.length, 1)
    const [broken] = read?.broken ?? []
    t.deepEqual(broken?.bytes, Buffer.from(payload))
    t.regex(broken?.detail ?? '', detail)
    t.like(broken, { code: 'mqtt_payload_invalid', from: 'up', device: undefined })
  })

test('of an array only what is no message is set aside', async t => {
  const { broken, messages } = await read(
    'up',
    '[{"ident":"a","timestamp":1},{"n":1},{"ident":"b","timestamp":2},[]]'
  )
  t.deepEqual(
    messages?.map(([key]) => key),
    ['a', 'b']
  )
  t.deepEqual(broken, [
    ['{"n":1}', 'mqtt_payload_invalid', 'ident is missing'],
    ['[]', 'mqtt_payload_invalid', 'it is not a JSON object']
  ])
})

test('of an array with many that are no messages these are set aside together, and none of their bytes is lost', async t => {
  const rules = rulesOf('fleet/{ident}/up', { maxMessages: 10_000 })
  const payload = Buffer.from(`[${'1,'.repeat(4_999)}{"timestamp":1},[]${',1'.repeat(4_999)}]`)
  const given = { topic: 'fleet/7/up', payload, cutFrom: null, problem: null }
  const { broken = [], messages = [] } = (await readPayload(given, rules, 0)) ?? {}
  t.deepEqual(
    messages.map(({ value }) => value.toString()),
    ['{"ident":"7","timestamp":1}']
  )
  t.deepEqual(
    broken.map(({ bytes, code, detail, device, from }) => [bytes.toString(), code, detail, device, from]),
    [
      [
        `[${'1,'.repeat(4_999)}[]${',1'.repeat(4_999)}]`,
        'mqtt_payload_invalid',
        '9999 entries of an array: it is not a JSON object',
        '7',
        'fleet/7/up'
      ]
    ]
  )
})

test('what is set aside together is no larger than Kafka takes, and what is large stands alone', async t => {
  const rules = rulesOf('up', { maxMessageBytes: 900_000 })
  const notes = Array.from({ length: 20 }, (_, n) => `{"n":"${'x'.repeat(n === 4 ? 300_000 : 20_000)}"}`)
  const { broken = [] } = await read('up', `[${notes.join()}]`, rules)
  t.deepEqual(
    broken.map(([bytes = '']) => bytes.length),
    [20_008, 20_008, 20_008, 20_008, 300_008, 20_008, 20_008, 20_008, 60_028, 60_028, 60_028, 60_028]
  )
  const kept = broken.flatMap(([bytes = '']) => JSON.parse(bytes))
  t.deepEqual(
    kept,
    notes.map(note => JSON.parse(note))
  )
})

test('what is too large is set aside, with the setting that says so', async t => {
  const note = 'x'.repeat(1_000)
  const { broken, messages } = await read('up', `[{"ident":"a","timestamp":1},{"ident":"${note}"}]`)
  t.is(messages?.length, 1)
  t.deepEqual(
    broken?.map(([, code, detail]) => [code, detail]),
    [['mqtt_payload_too_large', 'it exceeds 1000 bytes (maxMessageBytes)']]
  )
  const many = `[${Array(101).fill('{"ident":"a"}').join()}]`
  t.deepEqual((await read('up', many)).broken, [
    [many, 'mqtt_payload_too_large', 'it has more than 100 entries (maxMessages)']
  ])
  const cut = { topic: 'fleet/7/up', payload: Buffer.from('{"ide'), cutFrom: 9_000_000, problem: null }
  t.like((await readPayload(cut, rulesOf('fleet/{ident}/up'), 0))?.broken[0], {
    device: '7',
    code: 'mqtt_payload_too_large',
    detail: 'the packet has 9000000 bytes; only its beginning was taken'
  })
})

test('what comes for another topic is nobody’s, and a topic that is not UTF-8 names no device', async t => {
  const given = { topic: 'other', payload: Buffer.from('{}'), cutFrom: null, problem: null }
  t.is(await readPayload(given, rulesOf('up'), 0), null)
  t.deepEqual(
    (await read('fleet/\ufffd/up', '{}')).broken?.map(([, , detail]) => detail),
    ['its topic is not UTF-8']
  )
})
