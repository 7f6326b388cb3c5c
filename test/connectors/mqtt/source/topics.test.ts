import test from 'ava'
import { fieldsOf, filtersOf, parseTopic, parseTopics } from '../../../../connectors/mqtt/source/topics.ts'

/** Patterns, a topic, and the fields that come of it; null where it matches none. */
const table: readonly [patterns: string, topic: string, fields: Record<string, string> | null][] = [
  ['fleet/{ident}/telemetry', 'fleet/7/telemetry', { ident: '7' }],
  ['fleet/{ident}/telemetry', 'fleet/7/telemetry/x', null],
  ['fleet/{ident}/telemetry', 'fleet/7', null],
  ['fleet/{ident}/telemetry', 'fleet//telemetry', { ident: '' }],
  ['fleet/{ident}/telemetry', 'boats/7/telemetry', null],
  ['{site}/+/{ident}', 'a/b/c', { site: 'a', ident: 'c' }],
  ['{site}/#', 'a/b/c', { site: 'a' }],
  ['{site}/#', 'a', { site: 'a' }],
  ['fleet/#', 'fleet', {}],
  ['fleet/#', 'fleetx', null],
  ['fleet/+', 'fleet', null],
  ['fleet/+', 'fleet/', {}],
  ['#', 'any/thing', {}],
  ['#', '$SYS/broker/load', null],
  ['+/{x}', '$SYS/load', null],
  ['$SYS/{x}', '$SYS/load', { x: 'load' }],
  ['/a/{ident}', '/a/b', { ident: 'b' }],
  ['fleet/1/up boats/{ident}/up', 'fleet/1/up', {}],
  ['fleet/1/up boats/{ident}/up', 'boats/2/up', { ident: '2' }],
  ['fleet/{__proto__}', 'fleet/x', { ['__proto__']: 'x' }],
  ['{ident}', 'Łódź 🚚', { ident: 'Łódź 🚚' }]
]

for (const [patterns, topic, fields] of table)
  test(`${topic} by ${patterns} is ${fields === null ? 'of no pattern' : JSON.stringify(fields)}`, t => {
    const found = fieldsOf(topic, patterns.split(' ').map(parseTopic))
    t.deepEqual(found, fields === null ? null : Object.entries(fields))
  })

test('the broker is asked for filters, and with a group for shared ones', t => {
  const patterns = parseTopics(['fleet/{ident}/up', 'a/{b}/#'])
  t.deepEqual(filtersOf(patterns, undefined), ['fleet/+/up', 'a/+/#'])
  t.deepEqual(filtersOf(patterns, 'tailrace'), ['$share/tailrace/fleet/+/up', '$share/tailrace/a/+/#'])
})

test('a field that stands in a topic twice is a mistake', t => {
  t.throws(() => parseTopic('{a}/{b}/{a}'), { message: /{a}\/{b}\/{a} has {a} twice/ })
})

const pairs: readonly [one: string, other: string, doOverlap: boolean][] = [
  ['fleet/{ident}/up', 'fleet/+/up', true],
  ['fleet/1/up', 'fleet/{ident}/up', true],
  ['fleet/1/up', 'fleet/2/up', false],
  ['in/{ident}/+', 'in/{area}/{ident}/#', true],
  ['in/{ident}', 'in/{ident}/#', true],
  ['in', 'in/#', true],
  ['in/a', 'in/+/#', true],
  ['in', 'in/+/#', false],
  ['in/+', 'in/+/+', false],
  ['in/+', 'out/#', false],
  ['#', 'a/b/c', true],
  ['+/a', 'b/+', true],
  ['+/a/x', 'b/+/y', false],
  ['a/', 'a/+', true],
  ['a/', 'a', false],
  ['$SYS/#', '#', false],
  ['$SYS/#', '+/load', false],
  ['$SYS/#', '$SYS/broker/+', true],
  ['a/$b', 'a/+', true],
  ['/a', '+/a', true]
]

for (const [one, other, doOverlap] of pairs)
  test(`${one} and ${other} ${doOverlap ? 'overlap, which is a mistake' : 'stand beside each other'}`, t => {
    for (const [first, second] of [
      [one, other],
      [other, one]
    ] as const)
      if (doOverlap)
        t.like(
          t.throws(() => parseTopics(['$other/x', first, second])),
          {
            path: 'topics[2]',
            detail: `${second} overlaps ${first}: what fits both would come twice, so one of them has to go or be narrowed`
          }
        )
      else t.notThrows(() => parseTopics([first, second]))
  })
