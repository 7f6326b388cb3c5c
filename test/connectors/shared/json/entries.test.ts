import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type EntryCursor, jsonEntries, LineEntries } from '../../../../connectors/shared/json/entries.ts'

function textsOf(entries: EntryCursor, bytes: Buffer): string[] {
  const texts: string[] = []
  while (entries.next()) texts.push(bytes.toString('utf8', entries.start, entries.end))
  return texts
}

const split = (text: string) => {
  const bytes = Buffer.from(text)
  const entries = jsonEntries(bytes)
  return { entries: textsOf(entries, bytes), problem: entries.problem }
}

const ends = 'the array does not end'
const follows = 'something follows the array'
const closed = 'the array is closed by another bracket'

const table: [name: string, text: string, entries: string[], problem: string | null][] = [
  ['an object stands alone', ' {"a":1}\n', ['{"a":1}'], null],
  ['an empty array has none', '[]', [], null],
  ['an empty array may hold white space', ' [ \t\r\n] ', [], null],
  ['white space around entries is not theirs', '[ {"a": 1} ,\n{} ]', ['{"a": 1}', '{}'], null],
  ['commas and brackets in strings do not count', '["a,]b","[{"]', ['"a,]b"', '"[{"'], null],
  ['an escaped quote does not end a string', '["a\\"]",1]', ['"a\\"]"', '1'], null],
  ['an escaped backslash before a quote does', '["a\\\\",1]', ['"a\\\\"', '1'], null],
  ['inner arrays and objects stay whole', '[[1,[2]],{"a":[1,2]}]', ['[1,[2]]', '{"a":[1,2]}'], null],
  ['a comma too many gives an empty entry', '[1,,2]', ['1', '', '2'], null],
  ['so does one at the end', '[1,]', ['1', ''], null],
  ['an array that does not end is refused', '[1,2', ['1'], ends],
  ['also inside of a string', '[1,"2]', ['1'], ends],
  ['also after a lone bracket', '[', [], ends],
  ['also after a backslash at the very end', '["\\', [], ends],
  ['something after the array is refused', '[1] 2', ['1'], follows],
  ['a second array too', '[][]', [], follows],
  ['a brace does not close an array', '[1}', ['1'], closed],
  ['nothing is no entry', '', [], 'it is empty'],
  ['white space is no entry', ' \n', [], 'it is empty']
]

for (const [name, text, entries, problem] of table) {
  test(`JSON: ${name}`, t => t.deepEqual(split(text), { entries, problem }))
}

test('lines: blank ones are skipped and carriage returns are not theirs', t => {
  const bytes = Buffer.from('\n{"a":1}\r\n \n{"b":"x\\n"}\n\n[1]')
  t.deepEqual(textsOf(new LineEntries(bytes), bytes), ['{"a":1}', '{"b":"x\\n"}', '[1]'])
})

test('lines: nothing has none', t =>
  t.deepEqual(textsOf(new LineEntries(Buffer.alloc(0)), Buffer.alloc(0)), []))

/** White space as it may stand between any two tokens. */
const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 })

/** JSON texts of one value with white space between all tokens. */
const { value: jsonText } = fc.letrec<{ value: string; list: string; object: string; leaf: string }>(tie => ({
  leaf: fc.oneof(
    fc.string({ unit: 'binary' }).map(text => JSON.stringify(text)),
    fc.constantFrom('1.0', '-0', '9007199254740993', '1e400', 'true', 'false', 'null', '"\\u0041\\\\\\""')
  ),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
  object: fc
    .tuple(fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }), space)
    .map(([members, gap]) => {
      const texts = members.map(([name, value]) => `${JSON.stringify(name)}${gap}:${gap}${value}`)
      return `{${gap}${texts.join(`${gap},${gap}`)}${gap}}`
    }),
  value: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('list'), tie('object'))
}))

testProp(
  'any array splits into its elements, byte for byte',
  [fc.array(fc.tuple(space, jsonText, space), { maxLength: 8 }), space],
  (t, elements, around) => {
    const body = elements.map(([before, text, after]) => before + text + after).join(',')
    const got = split(`${around}[${body}]${around}`)
    t.deepEqual(got, { entries: elements.map(([, text]) => text), problem: null })
  },
  { numRuns: 5_000 }
)

testProp(
  'a text is JSON exactly if its frame and all its entries are',
  [fc.array(fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', ':', '1', ' '), { maxLength: 12 })],
  (t, tokens) => {
    const text = `[${tokens.join('')}`
    const got = split(text)
    t.is(got.problem === null && got.entries.every(isJson), isJson(text), text)
  },
  { numRuns: 20_000 }
)

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
