import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { readIncoming } from '../../../../connectors/shared/json/incoming.ts'

const receivedAtMs = 1_700_000_000_123

function read(entry: string | Buffer): string {
  const result = readIncoming(Buffer.from(entry), receivedAtMs)
  return 'reason' in result ? `! ${result.reason}` : `${result.key}: ${result.value}`
}

const kept: [name: string, entry: string, key: string][] = [
  ['numbers keep their spelling', '{"ident":"a","timestamp":1.0,"n":1.50,"e":1E5}', 'a'],
  ['numbers beyond 53 bits keep their digits', '{"timestamp":1,"id":9007199254740993,"ident":"a"}', 'a'],
  ['white space inside stays', '{ "ident" : "a" ,\t"timestamp"\n:\r1 }', 'a'],
  ['escapes stay', '{"ident":"\\u0061\\n","timestamp":1,"x":"\\/"}', 'a\n'],
  ['an escaped name is the name', '{"\\u0069dent":"a","time\\u0073tamp":7}', 'a'],
  ['other names may come twice', '{"ident":"a","timestamp":1,"x":1,"x":2}', 'a'],
  [
    'ident and timestamp inside of a value are not the message’s',
    '{"x":{"ident":"b","timestamp":"?"},"ident":"a","timestamp":1}',
    'a'
  ],
  ['__proto__ is a name like any other', '{"__proto__":{"ident":"b"},"ident":"a","timestamp":1}', 'a'],
  ['ident may have other scripts', '{"ident":"лодка-🚤","timestamp":1}', 'лодка-🚤'],
  ['256 bytes of ident are taken', `{"ident":"${'é'.repeat(128)}","timestamp":1}`, 'é'.repeat(128)],
  ['64 levels are taken', `{"ident":"a","timestamp":1,"x":${'['.repeat(64)}${']'.repeat(64)}}`, 'a']
]

for (const [name, entry, key] of kept) {
  test(`bytes stay: ${name}`, t => t.is(read(entry), `${key}: ${entry}`))
}

const changed: [name: string, entry: string, value: string][] = [
  [
    'a missing timestamp is added at the end',
    '{"ident":"a","n":1.0}',
    '{"ident":"a","n":1.0,"timestamp":1700000000.123}'
  ],
  ['also after white space', '{"ident":"a" }', '{"ident":"a" ,"timestamp":1700000000.123}'],
  [
    'an ISO time becomes seconds in its place',
    '{"timestamp" : "2023-04-12T06:49:49Z" , "ident":"a"}',
    '{"timestamp" : 1681282189 , "ident":"a"}'
  ],
  [
    'its zone counts',
    '{"ident":"a","timestamp":"2023-04-12T08:49:49+02:00"}',
    '{"ident":"a","timestamp":1681282189}'
  ],
  [
    'all digits of its fraction stay',
    '{"ident":"a","timestamp":"2023-04-12T06:49:49.123456Z"}',
    '{"ident":"a","timestamp":1681282189.123456}'
  ],
  [
    'zeros at the end of a fraction go',
    '{"ident":"a","timestamp":"2023-04-12T06:49:49.120+00:00"}',
    '{"ident":"a","timestamp":1681282189.12}'
  ],
  [
    'a fraction of zeros goes',
    '{"ident":"a","timestamp":"2023-04-12T06:49:49.000Z"}',
    '{"ident":"a","timestamp":1681282189}'
  ],
  [
    'escapes in the time do not matter',
    '{"ident":"a","timestamp":"2023-04-12T06:49:49\\u005a"}',
    '{"ident":"a","timestamp":1681282189}'
  ]
]

for (const [name, entry, value] of changed) {
  test(`timestamp: ${name}`, t => t.is(read(entry), `a: ${value}`))
}

const isoReason = 'timestamp must be Unix seconds or an ISO 8601 time with its zone, from 1970 on'
const secondsReason = 'timestamp must be in Unix seconds, from 0 to 99999999999; are these milliseconds?'

const refused: [entry: string | Buffer, reason: string | RegExp][] = [
  ['', 'it is empty'],
  ['{"ident":"a"', /^it is not JSON: /],
  ["{'ident':'a'}", /^it is not JSON: /],
  ['{"ident":"a"}{"ident":"b"}', /^it is not JSON: /],
  ['1', 'it is not a JSON object'],
  ['null', 'it is not a JSON object'],
  ['[{"ident":"a"}]', 'it is not a JSON object'],
  ['{}', 'ident is missing'],
  ['{"__proto__":{"ident":"a"}}', 'ident is missing'],
  ['{"ident":868647414815077}', 'ident must be a string'],
  ['{"ident":null}', 'ident must be a string'],
  ['{"ident":""}', 'ident is empty'],
  ['{"ident":"\\ud800"}', 'ident holds half of a surrogate pair'],
  [`{"ident":"${'é'.repeat(129)}"}`, 'ident is longer than 256 bytes of UTF-8'],
  ['{"ident":"a","x":1,"ident":"b"}', 'ident stands in it twice'],
  ['{"ident":"a","\\u0069dent":"b"}', 'ident stands in it twice'],
  ['{"ident":"a","timestamp":1,"timestamp":2}', 'timestamp stands in it twice'],
  ['{"ident":"a","timestamp":null}', 'timestamp must be a number or a text'],
  ['{"ident":"a","timestamp":1681282189000}', secondsReason],
  ['{"ident":"a","timestamp":-1}', secondsReason],
  ['{"ident":"a","timestamp":1e400}', secondsReason],
  ['{"ident":"a","timestamp":"1681282189"}', isoReason],
  ['{"ident":"a","timestamp":"2023-04-12T06:49:49"}', isoReason],
  ['{"ident":"a","timestamp":"2023-02-30T06:49:49Z"}', isoReason],
  ['{"ident":"a","timestamp":"1969-12-31T23:59:59Z"}', isoReason],
  [`{"ident":"a","x":${'['.repeat(65)}${']'.repeat(65)}}`, 'it is nested deeper than 64 levels'],
  [`{"ident":"a","x":${'['.repeat(300_000)}${']'.repeat(300_000)}}`, 'it is nested deeper than 64 levels'],
  [Buffer.from('{"ident":"a\xff"}', 'latin1'), 'it is not UTF-8']
]

for (const [entry, reason] of refused) {
  test(`refused: ${entry.toString().slice(0, 60)} (${entry.length})`, t => {
    const got = read(entry)
    if (typeof reason === 'string') t.is(got, `! ${reason}`)
    else t.regex(got.slice(2), reason)
  })
}

test('a message shares the memory of its entry', t => {
  const entry = Buffer.from('{"ident":"a","timestamp":1}')
  const result = readIncoming(entry, receivedAtMs)
  t.true('value' in result && result.value.buffer === entry.buffer)
})

testProp(
  'any flat object with an ident keeps its bytes, and gets a timestamp where it has none',
  [fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' })],
  (t, fields, ident) => {
    const { timestamp, ...rest } = fields
    const text = JSON.stringify({ ...rest, ident })
    if (Buffer.byteLength(ident) > 256) return
    t.is(read(text), `${ident}: ${text.slice(0, -1)},"timestamp":1700000000.123}`)
  },
  { numRuns: 5_000 }
)
