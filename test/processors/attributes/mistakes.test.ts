// Broken attributes, one mistake each: the place and the sentence that a user gets.

import test from 'ava'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { openAttributes } from '../../../processors/attributes/attributes.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { folderOf, mistakesOf } from './fixture.ts'

const time = 'an ISO 8601 time with zone such as 2026-01-31T08:00:00Z, or Unix seconds'
const noDevice =
  'must be a mapping of attributes ("plate: CB 1234 AB" lines), or a list of such with validFrom'
const asText = 'is written like a number and would not stay as it is: put it in quotes, or write plain digits'
const tooLong = 'is a number with more digits than can be kept: put it in quotes'
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

const yaml: [mistake: string, text: string, lines: string | readonly string[]][] = [
  ['an empty file', ' \n', '1:1 is empty: write {} where there are no devices'],
  ['a file of comments', '# none yet\n', '1:1 is empty: write {} where there are no devices'],
  [
    'a list at the top',
    '- a\n',
    '1:1 must be a mapping of devices: "ident:" lines, with the attributes indented below'
  ],
  ['a device without anything', 'a: {}\n868:\nb: {}', `2:5 868 ${noDevice}`],
  ['a text in the place of a device', '868: CB', `1:6 868 ${noDevice}`],
  ['an empty list', '868: []', '1:6 868 is an empty list: write {} for a device without attributes'],
  ['a text in a list', '868: [CB]', '1:7 868[0] must be a mapping of attributes with validFrom'],
  ['a list without times', '868:\n  - plate: CB', `2:5 868[0].validFrom is missing: it must be ${time}`],
  ['a time that is none', '868: { validFrom: yesterday }', `1:19 868.validFrom must be ${time}`],
  ['a time without zone', '868: { validFrom: 2026-01-31T08:00:00 }', `1:19 868.validFrom must be ${time}`],
  [
    'a day that does not exist',
    '868: { validFrom: 2026-02-30T08:00:00Z }',
    `1:19 868.validFrom must be ${time}`
  ],
  ['a time of no type that has times', '868: { validFrom: { a: 1 } }', `1:19 868.validFrom must be ${time}`],
  ['seconds before 1970', '868: { validFrom: -1 }', `1:19 868.validFrom must be ${time}`],
  [
    'milliseconds',
    '868: [{ validFrom: 1767225600000 }]',
    `1:20 868[0].validFrom must be ${time}; are these milliseconds?`
  ],
  [
    'seconds in quotes',
    `868: { validFrom: '1767225600' }`,
    `1:19 868.validFrom must be ${time}: leave out the quotes`
  ],
  [
    'the same time twice',
    '868:\n  - validFrom: 2026-01-01T00:00:00Z\n  - validFrom: 5\n  - validFrom: 1767225600',
    '4:5 868[2].validFrom is the time of two entries: first at line 2, column 5'
  ],
  ['a device twice', '868: {}\nb: {}\n"868": {}', '3:1 868 is written twice: first at line 1, column 1'],
  [
    'an attribute twice',
    'a b:\n  plate: x\n  plate: y',
    '3:3 ["a b"].plate is written twice: first at line 2, column 3'
  ],
  [
    'a name inside of an attribute twice',
    'a: { b: [{ c: 1, c: 1 }] }',
    '1:18 a.b[0].c is written twice: first at line 1, column 12'
  ],
  [
    'validFrom twice',
    'a: { validFrom: 1, validFrom: 1 }',
    '1:20 a.validFrom is written twice: first at line 1, column 6'
  ],
  ['an ident without a character', '"": {}', '1:1 [""] is an ident without a character'],
  ['half a character', '"\\ud800": {}', '1:1 ["\\ud800"] is an ident with half of a surrogate pair'],
  [
    'an ident that is too long',
    `${'я'.repeat(129)}: {}`,
    `1:1 ["${'я'.repeat(129)}"] is longer than 256 bytes of UTF-8`
  ],
  ['an attribute without a name', 'a: { "": 1 }', '1:6 a[""] is an attribute without a name'],
  ['a number with zeros in front', 'a: { pin: 0042 }', `1:11 a.pin ${asText}`],
  ['a text that looks like a number', 'a: { plate: 12E4 }', `1:13 a.plate ${asText}`],
  ['a number of another base', 'a: { b: [0x1F] }', `1:10 a.b[0] ${asText}`],
  ['a number that is none', 'a: { b: .nan }', `1:9 a.b ${asText}`],
  ['a long number', 'a: { iccid: 8938003991234567890 }', `1:13 a.iccid ${tooLong}`],
  [
    'an alias',
    'a: &x { b: 1 }\nb: *x',
    '2:4 b is an alias (*name), which cannot be used here: write out what it stands for'
  ],
  [
    'a merge',
    'a: { <<: { b: 1 } }',
    '1:6 a["<<"] is a merge key, which cannot be used here: write out what it stands for'
  ],
  ['a tag', 'a: { b: !secret x }', '1:9 has a tag (!name): tags are not used here, remove it'],
  [
    'a value too deep',
    `a: { b: ${deep(70)} }`,
    `1:72 a.b${'[0]'.repeat(63)} is nested deeper than 64 levels`
  ],
  ['a value deeper than can be read', `a: { b: ${deep(100_000)} }`, '1:135 is nested deeper than 64 levels'],
  ['lists in lists', `a: { b: 1 }\nc:\n  ${'- '.repeat(100_000)}x`, '3:256 is nested deeper than 64 levels'],
  [
    'an open quote',
    'a:\n  b: "x\nc: {}',
    '2:6 begins a text in quotes that does not end: the closing quote is missing'
  ],
  [
    'no YAML',
    'a: {}\nb\nc: {}',
    '2:1 cannot be understood: expected "key: value" (a colon and a space), or a line indented below its key'
  ],
  [
    'two documents',
    'a: {}\n---\nb: {}',
    '2:1 begins a second document: a file holds one, so remove the "---" or use a file for each'
  ],
  [
    'several mistakes',
    'b: 1\na: { x: 01, y: 02 }',
    [`1:4 b ${noDevice}`, `2:9 a.x ${asText}`, `2:16 a.y ${asText}`]
  ]
]

for (const [mistake, text, lines] of yaml)
  test(`in YAML, ${mistake} is told with its place`, t => {
    const expected = (typeof lines === 'string' ? [lines] : lines).map(line => `devices.yaml:${line}`)
    t.deepEqual(mistakesOf(t, { file: 'devices.yaml' }, { 'devices.yaml': text }), expected)
  })

const json: [mistake: string, text: string, line: string][] = [
  ['an empty file', '', '1:1 is empty: write {} where there are no devices'],
  ['a list at the top', ' []', '1:2 must be an object of devices: {"ident": {"name": "value"}}'],
  ['a number in the place of a device', '{\n  "868": 5 }', `2:10 868 ${noDevice}`],
  ['a device twice', '{"868": {},\n "868": {}}', '2:2 868 is written twice: first at line 1, column 2'],
  [
    'an escaped name twice',
    '{"a": {"b": 1, "\\u0062": 2}}',
    '1:16 a.b is written twice: first at line 1, column 8'
  ],
  ['a comma too many', '{"a": {},\n}', '1:9 has a comma too many, before the closing }'],
  ['a missing comma', '{"a": {}\n "b": {}}', '2:2 is no JSON here: expected a comma or the closing }'],
  ['a missing colon', '{"a" {}}', '1:6 is no JSON here: expected a colon after the name'],
  ['a missing bracket', '{"a": {"b": [1, 2}}', '1:18 is no JSON here: expected a comma or the closing ]'],
  ['an early end', '{"a": {"b": 1', '1:14 ends too early: expected a comma or the closing }'],
  ['a late end', '{"a": {}} x', '1:11 is no JSON here: expected nothing more'],
  ['a comment', '{\n  // ours\n  "a": {}}', '2:3 has a comment here: expected a name in double quotes'],
  ['other quotes', "{'a': {}}", '1:2 is no JSON here: expected a name in double quotes'],
  [
    'a text without quotes',
    '{"a": {"b": CB}}',
    '1:13 is no JSON here: expected a value; texts are in double quotes'
  ],
  [
    'a number with zeros in front',
    '{"a": {"b": 0042}}',
    '1:13 is no JSON here: expected a value; texts are in double quotes'
  ],
  ['a long number', '{"a": {"b": 8938003991234567890}}', `1:13 a.b ${tooLong}`],
  ['a huge number', '{"a": {"b": 1e999}}', `1:13 a.b ${tooLong}`],
  [
    'an open text',
    '{"a": {"b": "x\n}}',
    '1:13 begins a text that does not end on its line: the closing quote is missing'
  ],
  [
    'an open text before others',
    '{"a": {"b": "x\n, "c": 1}}',
    '1:13 begins a text that does not end on its line: the closing quote is missing'
  ],
  [
    'an unknown escape',
    '{"a": {"b": "C:\\x"}}',
    '1:13 begins a text with a character or an escape (\\x) that JSON does not take'
  ],
  ['a value too deep', `{"a": {"b": ${deep(100_000)}}}`, '1:76 is nested deeper than 64 levels']
]

for (const [mistake, text, line] of json)
  test(`in JSON, ${mistake} is told with its place`, t => {
    t.deepEqual(mistakesOf(t, { file: 'devices.json' }, { 'devices.json': text }), [`devices.json:${line}`])
  })

test('a mistake far down in a large file is told with its place', t => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `d${n}: { n: ${n} }\n`)
  lines[15_000] = 'd15000: { n: 01 }\n'
  lines[17_000] = 'd16000: { n: "x }\n'
  lines[19_999] = 'd5: {}'
  t.deepEqual(mistakesOf(t, { file: 'devices.yaml' }, { 'devices.yaml': lines.join('') }), [
    `devices.yaml:15001:14 d15000.n ${asText}`,
    'devices.yaml:17001:14 begins a text in quotes that does not end: the closing quote is missing',
    'devices.yaml:20000:1 d5 is written twice: first at line 6, column 1'
  ])
})

test('a mistake in each of very many devices is told', t => {
  const text = `{${Array.from({ length: 130_000 }, (_, n) => `"${n}": 1`).join()}}`
  t.is(mistakesOf(t, { file: 'devices.json' }, { 'devices.json': text }).length, 130_000)
})

test('a device in two files of a folder is a mistake that names both', t => {
  const files = { 'a.yaml': '1: {}\n868: {}', 'b.json': '{"868": {}}', 'c.yaml': '868: {}' }
  t.deepEqual(mistakesOf(t, { folder: '.' }, files), [
    'b.json:1:2 868 is written twice: first at a.yaml:2:1',
    'c.yaml:1:1 868 is written twice: first at a.yaml:2:1'
  ])
})

test('a file in another encoding is a mistake, as its letters would become others', t => {
  const cyrillic = Buffer.from([0x61, 0x3a, 0x20, 0x7b, 0x78, 0x3a, 0x20, 0xd1, 0xc2, 0x7d])
  t.deepEqual(mistakesOf(t, { file: 'a.yaml' }, { 'a.yaml': cyrillic }), [
    'a.yaml:1:1 is not UTF-8: save it in that encoding'
  ])
})

test('a file or folder that cannot be read is a mistake', t => {
  const files = { 'a.yaml': '{}' }
  t.deepEqual(mistakesOf(t, { file: 'b.yaml' }, files), [
    'b.yaml:1:1 cannot be read: there is no such file or folder'
  ])
  t.deepEqual(mistakesOf(t, { folder: 'b' }, files), [
    'b:1:1 cannot be read: there is no such file or folder'
  ])
  t.deepEqual(mistakesOf(t, { folder: 'a.yaml' }, files), [
    'a.yaml:1:1 cannot be read as a folder: it is a file'
  ])
  t.regex(mistakesOf(t, { file: '.' }, files)[0] ?? '', /:1:1 cannot be read as a file: it is a folder$/)
  t.regex(mistakesOf(t, { folder: '.' }, {})[0] ?? '', /:1:1 has no \.yaml, \.yml or \.json file in it$/)
})

test('attributes with mistakes are not opened, and every mistake is told', async t => {
  const { folder } = folderOf(t, { 'a.yaml': 'a: 1', 'b.json': '{"b": {}' })
  const clock = new VirtualClock()
  const admin = new MemoryLog({ clock }).admin()
  const parts = { clock, log: () => {}, admin, baseFolder: folder }
  const error = await t.throwsAsync(openAttributes({ folder: '.' }, parts), { instanceOf: FaultError })
  t.is(error?.code, 'config_invalid')
  t.deepEqual(error?.detail?.replaceAll(`${folder}/`, '').split('\n'), [
    '',
    `a.yaml:1:4 a ${noDevice}`,
    'b.json:1:9 ends too early: expected a comma or the closing }'
  ])
  t.is(clock.waiting, 0)
})
