import test from 'ava'
import { fieldsOf, filtersOf, parseTopic } from '../../../../connectors/mqtt/source/topics.ts'

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
  ['fleet/1/up fleet/{ident}/up', 'fleet/1/up', {}],
  ['fleet/1/up fleet/{ident}/up', 'fleet/2/up', { ident: '2' }],
  ['fleet/{__proto__}', 'fleet/x', { ['__proto__']: 'x' }],
  ['{ident}', 'Łódź 🚚', { ident: 'Łódź 🚚' }]
]

for (const [patterns, topic, fields] of table)
  test(`${topic} by ${patterns} is ${fields === null ? 'of no pattern' : JSON.stringify(fields)}`, t => {
    const found = fieldsOf(topic, patterns.split(' ').map(parseTopic))
    t.deepEqual(found, fields === null ? null : Object.entries(fields))
  })

test('the broker is asked for filters, once each, and with a group for shared ones', t => {
  const patterns = ['fleet/{ident}/up', 'fleet/+/up', 'a/{b}/#'].map(parseTopic)
  t.deepEqual(filtersOf(patterns, undefined), ['fleet/+/up', 'a/+/#'])
  t.deepEqual(filtersOf(patterns, 'tailrace'), ['$share/tailrace/fleet/+/up', '$share/tailrace/a/+/#'])
})

test('a field that stands in a topic twice is a mistake', t => {
  t.throws(() => parseTopic('{a}/{b}/{a}'), { message: /{a}\/{b}\/{a} has {a} twice/ })
})
