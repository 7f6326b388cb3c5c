// Names with escapes are read as they are written, also by an engine that takes them for others.

import test from 'ava'
import { parseExactly } from '../../../../connectors/shared/json/parse.ts'
import { seeded } from '../../../seeded.ts'

/** In which order, with which values; undefined where it is no JSON. */
const entries = (text: string) => Object.entries(parseExactly(text) as object)

test('a name with an escape is not taken for another one that was read before', t => {
  for (const escaped of ['\\n', '\\"', '\\t', '\\u0041', '\\/']) {
    // By this the engine expects a name of one character, a backslash, as the second.
    JSON.parse(String.raw`{"h":[],"\\":0}`)
    t.deepEqual(entries(`{"h":1,"${escaped}":2}`), [
      ['h', 1],
      [JSON.parse(`"${escaped}"`), 2]
    ])
  }
})

test('of equal names the last wins and stands where the first stood, however they are written', t => {
  t.deepEqual(entries(String.raw`{"a":1,"\u0061":2,"b":3}`), [
    ['a', 2],
    ['b', 3]
  ])
  t.deepEqual(entries(String.raw`{"\u0061":1,"b":3,"a":2,"\u0061" : 4}`), [
    ['a', 4],
    ['b', 3]
  ])
  t.deepEqual(entries(String.raw`{"a":1,"\u0061":2,"a":3}`), [['a', 3]])
  t.deepEqual(entries(String.raw`{"\u0031":1,"1":2}`), [['1', 2]])
  t.deepEqual(entries(String.raw`{"\u005f_proto__":1}`), [['__proto__', 1]])
})

test('what looks like a name in a text stays a text', t => {
  t.deepEqual(parseExactly(String.raw`["\\\":1", {"a":"\\\"b\\\":2"}, "\n"]`), [
    '\\":1',
    { a: '\\"b\\":2' },
    '\n'
  ])
})

test('what is no JSON is refused with the words of the engine', t => {
  for (const text of ['{"\\q":1}', '{"\\n":}', '{"\\n":1', '"\\n":1', '{"a\n\\n":1}']) {
    const error = t.throws(() => parseExactly(text), { instanceOf: SyntaxError }, text)
    t.notRegex(error.message, /name-/)
  }
})

test('what is nested beyond all measure is refused beside a name with an escape', t => {
  const text = `{"\\n":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  t.throws(() => parseExactly(text), { instanceOf: SyntaxError })
})

test('values are handed over in turn, with their names', t => {
  const seen: unknown[] = []
  parseExactly(String.raw`{"\n":{"\t":1},"b":[2]}`, value => {
    seen.push(value)
    return value
  })
  t.deepEqual(seen, [1, { '\t': 1 }, 2, [2], { '\n': { '\t': 1 }, b: [2] }])
})

test('random objects are what was written', t => {
  const random = seeded(7)
  const names = ['a', '"', '\\', '\n', 'x\\', 'x"', 'ж', '__proto__', '9', '\u0000', 'a:"']
  const any = (depth: number): unknown =>
    depth > 0 && random() < 0.4
      ? some(depth - 1)
      : random() < 0.5
        ? 1
        : names[Math.floor(random() * names.length)]
  const some = (depth: number): object =>
    Object.fromEntries(names.filter(() => random() < 0.4).map(name => [name, any(depth)] as const))
  for (let run = 0; run < 5_000; run++) {
    const value = some(3)
    const text = JSON.stringify(value)
    if (JSON.stringify(parseExactly(text)) !== text) return t.fail(text)
  }
  t.pass()
})
