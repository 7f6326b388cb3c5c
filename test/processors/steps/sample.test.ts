import test from 'ava'
import type { Fields } from '../../../processors/expression/values.ts'
import { results } from './fixture.ts'

/** Which of the messages pass, by their places. */
function passing(settings: string, messages: readonly Fields[]): number[] {
  const outcomes = results(`sample: ${settings}`, messages)
  return outcomes.flatMap((outcome, index) => (outcome === 'filtered' ? [] : [index]))
}

const times = (...seconds: number[]) => seconds.map(timestamp => ({ timestamp }))

const near = (metres: number, east = 13): Fields => ({
  timestamp: 100,
  'position.latitude': 52 + metres / 111_195,
  'position.longitude': east
})

const heading = (direction: number | string | null): Fields => ({
  timestamp: 100,
  'position.direction': direction
})

test('the first message passes, and then one that is old enough after the one that passed last', t => {
  t.deepEqual(passing('{ everySeconds: 60 }', times(100, 159.9, 160, 161, 219, 220, 1000)), [0, 2, 5, 6])
  t.deepEqual(passing('{ everySeconds: 0.5 }', times(1, 1.25, 1.5, 1.5, 2)), [0, 2, 4])
})

test('messages of the same time are no later ones', t => {
  t.deepEqual(passing('{ everySeconds: 60 }', times(100, 100, 160, 160)), [0, 2])
})

test('late messages are thinned out among their own, and disturb the live ones in nothing', t => {
  const messages = times(1000, 500, 1010, 510, 560, 1060, 520, 499, 1119, 1120, 1000, 439)
  t.deepEqual(passing('{ everySeconds: 60 }', messages), [0, 1, 4, 5, 7, 9, 10, 11])
})

test('a timestamp far ahead makes what follows late, but does not silence it', t => {
  t.deepEqual(passing('{ everySeconds: 60 }', times(100, 9e9, 160, 200, 220)), [0, 1, 2, 4])
})

test('late messages move and turn as seen from the late one before', t => {
  const at = (timestamp: number, metres: number) => ({ ...near(metres), timestamp })
  const messages = [at(1000, 0), at(500, 5000), at(510, 5050), at(1010, 50), at(520, 5200), at(1020, 200)]
  t.deepEqual(passing('{ movedM: 100 }', messages), [0, 1, 4, 5])
})

test('a message passes that is far enough from where the last one was that passed', t => {
  t.deepEqual(
    passing(
      '{ movedM: 100 }',
      [0, 40, 80, 120, 160, 219, 221, 30].map(metres => near(metres))
    ),
    [0, 3, 6, 7]
  )
})

test('distances are those on a globe', t => {
  t.deepEqual(passing('{ movedM: 100 }', [near(0, 179.9996), near(0, -179.9998), near(0, -179)]), [0, 2])
})

test('a message without a position on the Earth has not moved, and the first with one has', t => {
  const without: Fields[] = [
    { timestamp: 100 },
    { ...near(0), 'position.latitude': null },
    { ...near(0), 'position.latitude': 90.1 },
    { ...near(0), 'position.longitude': '13' }
  ]
  t.deepEqual(passing('{ movedM: 100 }', [near(0), ...without, near(50), near(150)]), [0, 6])
  t.deepEqual(passing('{ movedM: 100 }', [...without, near(0), near(50)]), [0, 4])
})

test('a turn is the smaller angle, also over north and with directions beyond 360', t => {
  const turned = '{ turnedDegrees: 20 }'
  t.deepEqual(passing(turned, [350, 5, 10, 29, 30, 209, 211].map(heading)), [0, 2, 4, 5])
  t.deepEqual(passing(turned, [10, 350].map(heading)), [0, 1])
  t.deepEqual(passing(turned, [10, 370, 730, -350, 389, 391].map(heading)), [0, 5])
  t.deepEqual(passing('{ turnedDegrees: 180 }', [0, 179, 181, 180].map(heading)), [0, 3])
  t.deepEqual(passing('{ turnedDegrees: 181 }', [0, 180, 359].map(heading)), [0])
})

test('a message without direction has not turned, and the first with one has', t => {
  t.deepEqual(passing('{ turnedDegrees: 20 }', [heading(90), heading(null), heading('0'), heading(100)]), [0])
  t.deepEqual(passing('{ turnedDegrees: 20 }', [heading(null), heading(0), heading(10)]), [0, 1])
})

test('a first position or direction counts only where it is asked for', t => {
  const messages = [{ timestamp: 100 }, near(0), heading(0), { ...near(500), 'position.direction': 90 }]
  t.deepEqual(passing('{ everySeconds: 60 }', messages), [0])
  t.deepEqual(passing('{ everySeconds: 60, movedM: 100 }', messages), [0, 1, 3])
  t.deepEqual(passing('{ everySeconds: 60, turnedDegrees: 20 }', messages), [0, 2, 3])
})

test('the poles and the antimeridian are on the Earth', t => {
  const at = (latitude: number, longitude: number): Fields => ({
    timestamp: 100,
    'position.latitude': latitude,
    'position.longitude': longitude
  })
  t.deepEqual(
    passing('{ movedM: 100 }', [at(0, 0), at(90, 0), at(-90, 0), at(0, 180), at(90, 0), at(0, -180)]),
    [0, 1, 2, 3, 4, 5]
  )
})

test('any one of several conditions is enough', t => {
  const settings = '{ everySeconds: 60, movedM: 100, turnedDegrees: 20 }'
  const base = { ...near(0), 'position.direction': 0 }
  const messages = [
    ...[base, { ...base, timestamp: 130 }, { ...base, timestamp: 160 }],
    ...[{ ...near(200), 'position.direction': 0, timestamp: 161 }],
    ...[{ ...near(200), 'position.direction': 90, timestamp: 162 }],
    ...[{ ...near(210), 'position.direction': 100, timestamp: 163 }]
  ]
  t.deepEqual(passing(settings, messages), [0, 2, 3, 4])
})

test('what is to be kept passes always, and is what later ones are compared with', t => {
  const messages = [
    { timestamp: 100 },
    { timestamp: 150, alarm: true },
    { timestamp: 160 },
    { timestamp: 209, alarm: false },
    { timestamp: 210 }
  ]
  t.deepEqual(passing(`{ everySeconds: 60, keep: alarm }`, messages), [0, 1, 4])
  t.deepEqual(passing(`{ keep: 'exists("alarm")' }`, messages), [0, 1, 3])
})

test('what is kept although it is late counts among the late ones', t => {
  const messages = [{ timestamp: 1000 }, { timestamp: 500, alarm: 1 }, ...times(550, 560, 1050, 1060)]
  t.deepEqual(passing('{ everySeconds: 60, keep: alarm }', messages), [0, 1, 3, 5])
})

test('keep sees with previous() every message before, also one that did not pass', t => {
  const states = [false, false, true, true, false]
  const messages = states.map((ignition, index) => ({ timestamp: index, ignition }))
  t.deepEqual(
    passing(`{ everySeconds: 3600, keep: '$ignition != previous("ignition")' }`, messages),
    [0, 2, 4]
  )
  t.deepEqual(
    passing(`{ everySeconds: 3600, keep: 'duration() > 10' }`, times(0, 5, 16, 20, 10, 21)),
    [0, 2, 4, 5]
  )
})

test('a message without timestamp is refused, and forgets nothing', t => {
  const none = 'field "timestamp": the message has none; it is needed here'
  const reason = (found: string) => `field "timestamp": it must be a number of Unix seconds, found ${found}`
  const settings = `sample: { everySeconds: 60, keep: 'previous("x") == 1' }`
  const messages: Fields[] = [
    { timestamp: 100, x: 1 },
    {},
    { timestamp: null },
    { timestamp: '160' },
    { timestamp: 110 },
    { timestamp: 120 }
  ]
  t.deepEqual(results(settings, messages), [
    { timestamp: 100, x: 1 },
    none,
    reason('null'),
    reason('a text'),
    { timestamp: 110 },
    'filtered'
  ])
})
