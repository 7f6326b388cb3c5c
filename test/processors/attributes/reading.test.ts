// What a file may say of devices, and what is known of them then.

import test from 'ava'
import { readAttributes } from '../../../processors/attributes/attributes.ts'
import { folderOf, known, readFile } from './fixture.ts'

const at = (text: string) => Date.parse(text)

test('a device has the attributes that its file gives it, of any JSON type', t => {
  const attributes = readFile(
    t,
    'devices.yaml',
    `# our fleet
868647414815077:
  plate: CB 1234 AB
  axles: 4
  weight: -7.5
  trailer: true
  note:
  tags: [cold, 2]
  driver: { name: Ivan, shift: { from: 8 } }
'quoted':
  since: 2026-01-31
`
  )
  t.is(attributes.size, 2)
  t.deepEqual(known(attributes, '868647414815077'), {
    plate: 'CB 1234 AB',
    axles: 4,
    weight: -7.5,
    trailer: true,
    note: null,
    tags: ['cold', 2],
    driver: { name: 'Ivan', shift: { from: 8 } }
  })
  t.deepEqual(known(attributes, 'quoted'), { since: '2026-01-31' })
  t.is(attributes.of('868647414815078', 0), null)
})

test('a JSON file says the same as a YAML file', t => {
  const devices = {
    '868647414815077': { plate: 'СВ "1234" АВ', tags: [], driver: { name: 'Іван\n', none: null } },
    other: [{ validFrom: 5, axles: 1e-7 }]
  }
  const texts = [
    JSON.stringify(devices),
    `\uFEFF${JSON.stringify(devices, null, '\t').replaceAll('\n', '\r\n')}`
  ]
  const files = texts.flatMap(text => [readFile(t, 'devices.json', text), readFile(t, 'devices.yaml', text)])
  for (const attributes of files) {
    t.is(attributes.size, 2)
    t.deepEqual(known(attributes, '868647414815077'), devices['868647414815077'])
    t.deepEqual(known(attributes, 'other', 5_000), { axles: 1e-7 })
  }
})

test('an ident is taken as the very text that is written, also when it looks like a number', t => {
  const idents = ['868647414815077', '0042', '1e3', '12345678901234567890', '0x1F', 'true', '1.50', '~']
  const attributes = readFile(
    t,
    'devices.yaml',
    idents.map(ident => `${ident}: { own: "${ident}" }\n`).join('')
  )
  t.deepEqual(
    idents.map(ident => known(attributes, ident)),
    idents.map(own => ({ own }))
  )
})

test('of several entries the one counts that began last before the message, and before the first there is none', t => {
  const attributes = readFile(
    t,
    'devices.yaml',
    `868:
  - { validFrom: 2026-03-01T00:00:00+02:00, plate: new }
  - { validFrom: 1767225600, plate: old, axles: 4 }
  - { validFrom: '2026-06-01T12:00:00.5Z' }
`
  )
  const found = (text: string) => known(attributes, '868', at(text))
  t.is(found('2025-12-31T23:59:59.999Z'), null)
  t.deepEqual(found('2026-01-01T00:00:00Z'), { plate: 'old', axles: 4 })
  t.deepEqual(found('2026-02-28T21:59:59.999Z'), { plate: 'old', axles: 4 })
  t.deepEqual(found('2026-02-28T22:00:00Z'), { plate: 'new' })
  t.deepEqual(found('2026-06-01T12:00:00.499Z'), { plate: 'new' })
  t.deepEqual(found('2026-06-01T12:00:00.500Z'), {})
})

test('a device without a list may have a time from which it is known, too', t => {
  const attributes = readFile(t, 'devices.json', '{"868": {"plate": "CB", "validFrom": 1767225600.25}}')
  t.is(known(attributes, '868', 1_767_225_600_249), null)
  t.deepEqual(known(attributes, '868', 1_767_225_600_250), { plate: 'CB' })
})

test('names that every JavaScript object knows are names like others', t => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const json = `{${names.map(name => `"${name}": {"${name}": 1, "in": {"${name}": [2]}}`).join()}, "plain": {"in": {}}}`
  for (const attributes of [readFile(t, 'devices.json', json), readFile(t, 'devices.yaml', ` ${json}`)]) {
    for (const name of names) {
      const values = attributes.of(name, 0) ?? {}
      t.deepEqual(Object.keys(values), [name, 'in'])
      t.is(values[name], 1)
      t.is(JSON.stringify(values.in), `{"${name}":[2]}`)
      const plain = attributes.of('plain', 0) ?? {}
      t.is(plain[name], undefined)
      t.is(Reflect.get(Object(plain.in), name), undefined)
    }
    t.is(attributes.of('valueOf', 0), null)
  }
})

test('attributes cannot be changed by who looks them up', t => {
  const attributes = readFile(t, 'devices.yaml', 'a: { list: [1], inner: { x: 1 } }')
  const values = attributes.of('a', 0) ?? {}
  t.true([values, values.list, values.inner].every(value => Object.isFrozen(value)))
  t.is(attributes.of('a', 0), values)
})

test('the files of a folder are taken together, without those of other names and inner folders', t => {
  const { folder } = folderOf(t, {
    'north.yaml': 'a: { of: north }',
    'south.yml': 'b: { of: south }',
    'west.json': '{"c": {"of": "west"}}',
    '.hidden.yaml': 'd: {}',
    'notes.txt': 'e: {}',
    'none.json': '{}'
  })
  const { attributes, problems } = readAttributes({ folder }, 'elsewhere')
  t.deepEqual(problems, [])
  t.is(attributes.size, 3)
  t.deepEqual(
    ['a', 'b', 'c'].map(ident => known(attributes, ident)),
    [{ of: 'north' }, { of: 'south' }, { of: 'west' }]
  )
})

test('a large file says what each of its parts says, however it is laid out', t => {
  const shapes = (n: number) => [
    `${n}:\n  plate: "CB ${n}\n    AB"\n  axles: ${n}\n`,
    `"${n}":\n- validFrom: 0\n  plate: CB ${n} AB\n  axles: ${n}\n`,
    `'${n}': { plate: CB ${n} AB,\n  axles: ${n}\n}\n`,
    `# the next\n\n${n}:\n  # a comment\n  plate: >-\n    CB ${n}\n    AB\n  axles: ${n}\n`
  ]
  const numbers = Array.from({ length: 3_000 }, (_, n) => n)
  const text = `# fleet\n---\n${numbers.map(n => shapes(n)[n % 4]).join('')}`
  for (const attributes of [
    readFile(t, 'devices.yaml', text),
    readFile(t, 'crlf.yaml', text.replaceAll('\n', '\r\n'))
  ]) {
    t.is(attributes.size, 3_000)
    t.true(
      numbers.every(n => {
        const values = attributes.of(String(n), 0)
        return values?.plate === `CB ${n} AB` && values.axles === n
      })
    )
  }
  const json = JSON.stringify(Object.fromEntries(numbers.map(n => [`d${n}`, { n }])))
  t.is(readFile(t, 'devices.json', json).of('d2999', 0)?.n, 2_999)
})

test('of a topic nothing is read at once', t => {
  const { attributes, problems } = readAttributes({ topic: 'devices' }, '')
  t.is(attributes.size, 0)
  t.deepEqual(problems, [])
})
