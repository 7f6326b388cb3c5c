// Numbers that no double holds, and objects drawn at random. TAILRACE_FUZZ_SEED replays these, TAILRACE_FUZZ_INPUTS says
// how many are drawn.

import test from 'ava'
import { Expression } from '../../../processors/expression/expression.ts'
import { decodeFields, encodeJson } from '../../../processors/expression/json.ts'
import { Fault, LongNumber } from '../../../processors/expression/values.ts'
import { type Random, seeded } from '../../seeded.ts'
import { pipelineOf, shape, texts } from '../steps/fixture.ts'

const inputs = Number(process.env.TAILRACE_FUZZ_INPUTS ?? 20_000)
const seed = Number(process.env.TAILRACE_FUZZ_SEED ?? Date.now() % 1_000_000)

const long = '12345678901234567890'

function decoded(text: string) {
  const bytes = Buffer.from(text)
  return decodeFields(bytes, 0, bytes.length)
}

/** What tells numbers from texts while they are written: different in each process. */
function markOf(): string {
  const number = decoded(`{"n":${long}}`)?.n
  return number instanceof LongNumber ? number.toJSON().slice(0, -long.length) : 'it is no LongNumber'
}

const objects = [
  ...['9007199254740992', '9007199254740993', '-9007199254740993', '9007199254740991', '1000000000000000'],
  ...[
    long,
    `-${long}`,
    '1'.repeat(400),
    `[${long},-${long},{"a":[${long}]}]`,
    `{"a":{"b":${long}},"c":[[${long}]]}`
  ]
].map(value => `{"n":${value},"x":1}`)

const lookalikes = [
  ...[
    long,
    `,${long}`,
    `:${long},`,
    `[${long}]`,
    `\\",${long}`,
    `\\\\\\":${long}`,
    `\\\\`,
    `{\\"n\\":${long}}`
  ],
  ...[`\\\\\\\\`, `-${long}`, `number-`, `🚚,${long}`, `\\u0001:${long}`, '']
].flatMap(text => [`{"t":"${text}","n":${long}}`, `{"n":${long},"${text}":["${text}",${long}]}`])

test('whole numbers of more than 53 bits stay what they are while other fields change', t => {
  for (const text of objects) {
    t.is(texts(`map: { added: 'true' }`, [text])[0], `${text.slice(0, -1)},"added":true}`)
    t.is(texts('drop: [x]', [text])[0], text.replace(',"x":1', ''))
    t.is(texts('rename: { fields: { x: y } }', [text])[0], text.replace('"x"', '"y"'))
    t.is(texts('[map: { n: n }, template: { n: n, x: x }]', [text])[0], text)
    t.is(texts('[drop: [y], template: [n]]', [text])[0], `[${text.slice(5, -7)}]`)
  }
})

test('whole numbers of more than 53 bits are told from texts that look like them', t => {
  for (const text of lookalikes)
    t.is(texts(`map: { added: '1' }`, [text])[0], `${text.slice(0, -1)},"added":1}`, text)
})

test('texts that contain what marks such a number inside stay texts', t => {
  const mark = markOf()
  t.regex(mark, /^number-[0-9a-f]{24}:$/)
  for (const part of [
    mark,
    `${mark}x`,
    `x${mark}1`,
    `${mark}1x`,
    `\\"${mark}1\\"`,
    `\\"${mark}1`,
    `${mark}${mark}1`
  ]) {
    const text = `{"a":"${part}","n":${long},"${part}":["${part}"]}`
    t.is(texts(`map: { added: '1' }`, [text])[0], `${text.slice(0, -1)},"added":1}`)
  }
})

test('such numbers are found behind any white space', t => {
  t.deepEqual(texts(`map: { a: '1' }`, [`{"n" :\n\t ${long} ,"l":[ \r\n-${long}\t, ${long} ]}`]), [
    `{"n":${long},"l":[-${long},${long}],"a":1}`
  ])
})

test('nothing can be computed from such a number, and what only hands it on does', t => {
  const { n = null, m = null } = decoded(`{"n":${long},"m":${long}}`) ?? {}
  const scope = { fields: { n, m }, previous: null, nowMs: 0 }
  const faults = [
    'n + 1',
    '1 * n',
    '-n',
    '~n',
    'n > 1',
    'n < "1"',
    'n & 1',
    'abs(n)',
    'round(n)',
    'tonumber(n)'
  ]
  for (const source of [...faults, 'length(n)', 'upper(n)', 'n ~ "1*"', 'format_time(n)', 'n == m'])
    t.true(new Expression(source).value(scope) instanceof Fault, source)
  for (const source of ['n == 1', `n == "${long}"`, 'n == null', 'n == true', `n == "*"`])
    t.is(new Expression(source).value(scope), false, source)
  for (const source of ['n', '$n', 'if(n, n, 0)', 'coalesce($x, n)', 'x ? 0 : n'])
    t.is(new Expression(source).value(scope), n, source)
  t.true(new Expression('n && exists("n")').test(scope))
})

test('the digits of such a number can be had as a text', t => {
  const settings = `map: { a: tostring(n), b: 'concat("#", n)', c: 'pad(n, 22)', d: 'substring(tostring(n), -4)' }`
  t.deepEqual(texts(`[${settings}, drop: [n]]`, [`{"n":-${long}}`]), [
    `{"a":"-${long}","b":"#-${long}","c":"0-${long}","d":"7890"}`
  ])
})

test('such numbers are remembered by their digits', t => {
  t.deepEqual(texts(`map: { was: 'previous("n")' }`, [`{"n":[${long}]}`, '{}']), [
    `{"n":[${long}],"was":null}`,
    `{"was":[${long}]}`
  ])
})

test('what is no JSON is none beside such numbers, too', t => {
  for (const text of [
    `{"a":1,${long}:1}`,
    `{"a":${long},${long}:1}`,
    `{"a":[${long} ${long}]}`,
    `{"a":,${long}}`
  ])
    t.is(decoded(text), undefined, text)
  for (const text of [
    `{"a":-${long}-}`,
    `{"a":${long}"x"}`,
    `{"a":0${long}}`,
    `{"a":${long}.}`,
    `{"a":+${long}}`
  ])
    t.is(decoded(text), undefined, text)
  t.is(decoded(`[${long}]`), undefined)
  t.is(decoded(`${long}`), undefined)
})

test('a text that never ends is found out at once, however many quotes are in it', t => {
  t.is(decoded(`{"n":${long},"t":"${'\\"'.repeat(1_000_000)}`), undefined)
})

test('a text may be very long beside such a number', t => {
  const text = `{"n":${long},"t":"${'x'.repeat(20_000_000)}${'\\"'.repeat(100_000)}"}`
  const fields = decoded(text)
  t.is(fields === undefined ? '' : encodeJson(fields).length, text.length)
})

test('an object that is nested beyond all measure is rejected, and one of a thousand levels is not', t => {
  const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const maps = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const pipeline = pipelineOf(`[dedupe: {}, map: { added: '1', text: tostring(a) }]`)
  const kindOf = (text: string) => {
    const shaped = shape(pipeline, text, { memories: [null, null] })
    return typeof shaped === 'object' && shaped.kind
  }
  for (const more of ['', `,"n":${long}`]) {
    t.is(kindOf(`{"a":${lists(999)}${more}}`), 'changed')
    t.is(kindOf(`{"a":${maps(999)}${more}}`), 'changed')
    for (const depth of [1_000, 10_000, 200_000]) {
      t.is(kindOf(`{"a":${lists(depth)}${more}}`), 'rejected')
      t.is(kindOf(`{"b":[],"a":${maps(depth)}${more}}`), 'rejected')
    }
  }
})

/** A value as somebody may write it, and as it is written here. */
interface Written {
  readonly loose: string
  readonly plain: string
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T // the index is within the list
}

const digits = (random: Random, count: number) =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('')

function numberOf(random: Random): Written {
  const kind = Math.floor(random() * 5)
  const sign = pick(random, ['', '-'])
  if (kind === 0)
    return pick(
      random,
      [
        ['1.50', '1.5'],
        ['1E3', '1000'],
        ['-0', '0'],
        ['2e-7', '2e-7'],
        ['0.0', '0']
      ].map(([loose = '', plain = '']) => ({ loose, plain }))
    )
  if (kind === 1)
    return alike(`${sign}${1 + Math.floor(random() * 9)}${digits(random, 16 + Math.floor(random() * 30))}`)
  if (kind === 2) return alike(`${sign}${1 + Math.floor(random() * 8)}${digits(random, 15)}`)
  if (kind === 3) return alike(JSON.stringify((random() - 0.5) * 10 ** Math.floor(random() * 40 - 20)))
  return alike(String(Math.floor(random() * 1e6)))
}

const alike = (text: string): Written => ({ loose: text, plain: text })

const pieces = [
  ...[long, `,${long}`, `:-${long}`, '[1234567890123456', 'number-', markOf(), '1', ' ', 'ж', '🚚', '\u2028'],
  ...['"', '\\', '\\"', '\n', '\u0000', '\ud800', '{', '}', '[', ']', ',', ':', '__proto__', '']
]

function textOf(random: Random): Written {
  const text = Array.from({ length: Math.floor(random() * 5) }, () => pick(random, pieces)).join('')
  // The whole of a text is never the mark and digits: nobody can guess the mark.
  const plain = JSON.stringify(text.replace(new RegExp(`^${markOf()}(-?\\d+)$`), '$1'))
  const escaped = plain.replace(/[0-9a-zж]/g, one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return { loose: random() < 0.2 && !plain.includes('\\') ? escaped : plain, plain }
}

function anyValue(random: Random, depth: number): Written {
  const kind = Math.floor(random() * (depth === 0 ? 4 : 7))
  if (kind === 0) return alike(pick(random, ['true', 'false', 'null', '{}', '[]']))
  if (kind <= 2) return numberOf(random)
  if (kind === 3) return textOf(random)
  if (kind === 4) return objectOf(random, depth - 1).written
  const items = Array.from({ length: Math.floor(random() * 4) }, () => anyValue(random, depth - 1))
  return joined(random, '[]', items)
}

const gap = (random: Random) => (random() < 0.8 ? '' : pick(random, [' ', '\n', '\t', '\r\n  ']))

function joined(random: Random, [open = '', close = '']: string, parts: readonly Written[]): Written {
  const loose = parts.map(part => `${gap(random)}${part.loose}${gap(random)}`)
  return {
    loose: `${open}${loose.join(',')}${close}`,
    plain: `${open}${parts.map(({ plain }) => plain).join(',')}${close}`
  }
}

const names = [
  'a',
  'position.speed',
  '__proto__',
  'constructor',
  'toString',
  '10',
  '9',
  '',
  'ж',
  '"',
  '\\',
  long,
  'nothing'
]

/** An object, and its members as they are to be written, in the order that JavaScript gives them. */
function objectOf(random: Random, depth: number) {
  const drawn = names.filter(() => random() < 0.4).sort(() => random() - 0.5)
  const values = new Map(drawn.map(name => [name, anyValue(random, depth)]))
  const member = (name: string, { loose, plain }: Written): Written => ({
    loose: `${JSON.stringify(name)}${gap(random)}:${gap(random)}${loose}`,
    plain: `${JSON.stringify(name)}:${plain}`
  })
  const { loose } = joined(
    random,
    '{}',
    [...values].map(([name, value]) => member(name, value))
  )
  const members = Object.entries(Object.fromEntries(values)).map(([name, value]) => member(name, value).plain)
  return { members, written: { loose, plain: `{${members.join(',')}}` } }
}

test('random objects go on as they are if nothing changes, and with equal members beside one that is added', t => {
  const random = seeded(seed)
  const dropping = pipelineOf('drop: [nothing-such]')
  const adding = pipelineOf(`map: { added: '1' }`)
  for (let run = 0; run < inputs; run++) {
    const { members, written } = objectOf(random, Math.floor(random() * 4))
    const text = `${gap(random)}${written.loose}${gap(random)}`
    if (shape(dropping, text) !== 'same') return t.fail(`seed ${seed}: ${text} does not stay the same`)
    const shaped = shape(adding, text)
    const expected = `{${[...members, '"added":1'].join(',')}}`
    const found =
      typeof shaped === 'object' && shaped.kind === 'changed' ? shaped.text : JSON.stringify(shaped)
    if (found !== expected) return t.fail(`seed ${seed}: ${text} becomes ${found} and not ${expected}`)
  }
  t.pass()
})

test('of random bytes near JSON exactly that is taken which is a JSON object', t => {
  const random = seeded(seed + 1)
  let taken = 0
  for (let run = 0; run < inputs; run++) {
    const text = objectOf(random, 2).written.loose
    const [from, to] = [Math.floor(random() * text.length), Math.floor(random() * 4)]
    const other = pick(random, [...pieces, long, `${long}:`, `,${long}:1`, '":', ',"', '0', '-', '.', 'e'])
    const broken = text.slice(0, from) + other + text.slice(from + to)
    const isObject = isJsonObject(broken)
    if ((decoded(broken) !== undefined) !== isObject)
      return t.fail(`seed ${seed}: ${broken} is taken, or is not`)
    if (isObject) taken++
  }
  t.true(taken > inputs / 100, `${taken} of ${inputs} are JSON`)
  t.log(`${taken} of ${inputs} are JSON`)
})

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
