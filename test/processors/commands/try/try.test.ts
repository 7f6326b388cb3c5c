// `tailrace try` as a user runs it: a process, with its output and its exit code.

import test from 'ava'
import { folder, outputOf } from '../shared/output.ts'

const config = `kafka: { brokers: ["localhost:1"] }
channels: { fleet: {} }
attributes: { file: devices.yaml }
geofences: { depot: { circle: { center: [13.405, 52.52], radiusM: 500 } } }
streams:
  acme:
    from: [fleet]
    requires: [plate]
    steps:
      - filter: 'speed > 10'
      - enrich: { attributes: [plate] }
      - map: { mps: 'round(speed / load, 1)' }
      - drop: [speed]
    target: { http: { url: "https://a.example" } }
`
const files = { 'tailrace.yaml': config, 'devices.yaml': '"a1": { plate: CB 1 }\n' }

test('an expression is evaluated on each message, and a fault says why and where', async t => {
  const args = ['try', '1 + speed', '--message', '{"speed":2}', '--message', '{"ident":"b","n":1}']
  t.deepEqual(await outputOf(args, folder(t, {})), {
    code: 0,
    stdout: [
      'message 1: 3',
      'message 2 b: error: the message has no "speed" (in a filter: false)',
      '  1 + speed',
      '      ^',
      'as a filter it lets 1 of 2 messages pass',
      ''
    ].join('\n'),
    stderr: ''
  })
})

test('an expression that reads no field needs no message, and --json gives the value', async t => {
  const { stdout } = await outputOf(['try', '0x10 * 2', '--json'], folder(t, {}))
  t.deepEqual(JSON.parse(stdout), { value: 32 })
})

test('a mistake is shown with a caret and exit code 2', async t => {
  const { code, stdout, stderr } = await outputOf(['try', 'speed > exsts("a")'], folder(t, {}))
  t.is(code, 2)
  t.is(stdout, '')
  t.deepEqual(stderr.split('\n').slice(0, 3), [
    'tailrace: The expression is not valid: there is no function exsts(), did you mean "exists"?',
    '  speed > exsts("a")',
    '          ^'
  ])
})

test('messages of a file come from lines or from an array, and whole numbers keep their digits', async t => {
  const cwd = folder(t, {
    'lines.jsonl': '{"id":12345678901234567890}\n\n{"id":2}\n',
    'list.json': '[{"id":12345678901234567890},{"id":2}]'
  })
  for (const file of ['lines.jsonl', 'list.json']) {
    const { stdout } = await outputOf(['try', 'tostring(id)', '--file', file, '--json'], cwd)
    const values = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).value)
    t.deepEqual(values, ['12345678901234567890', '2'], file)
  }
})

test('the steps of a stream show what each changed, and what became of the message', async t => {
  const messages = [
    '{"ident":"a1","speed":36,"load":3.6}',
    '{"ident":"a1","speed":5}',
    '{"ident":"a1","speed":50}',
    '{"ident":"b"}'
  ]
  const args = ['try', '--stream', 'acme', '-c', 'tailrace.yaml', ...messages.flatMap(one => ['-m', one])]
  const { code, stdout, stderr } = await outputOf(args, folder(t, files))
  t.is(stderr, '')
  t.is(code, 0)
  t.is(
    stdout,
    `message 1 a1
  steps[0].filter  passes
  steps[1].enrich  + plate: "CB 1"
  steps[2].map     + mps: 10
  steps[3].drop    - speed: 36
  sent: {"ident":"a1","load":3.6,"plate":"CB 1","mps":10}
message 2 a1
  steps[0].filter  filtered
  filtered by: steps[0].filter
message 3 a1
  steps[0].filter  passes
  steps[1].enrich  + plate: "CB 1"
  steps[2].map     rejected
  rejected: steps[2].map, field "mps": the message has no "load" (at 15 of the expression)
message 4 b
  waits: the device has no "plate"
`
  )
})

test('geofences are those of the configuration', async t => {
  const message = '{"position.latitude":52.52,"position.longitude":13.405}'
  const args = ['try', 'geofence("depot")', '-c', 'tailrace.yaml', '-m', message]
  t.is((await outputOf(args, folder(t, files))).stdout, 'true\n')
})

test('what makes no sense together is refused with what to do', async t => {
  const cwd = folder(t, files)
  const wrong: [string[], RegExp][] = [
    [['try'], /name either an expression or, with --stream/],
    [['try', '1', '--stream', 'acme'], /name either an expression or, with --stream/],
    [['try', '1', '-m', '{}', '--last', '3'], /either from --message and --file or from a channel/],
    [['try', '1', '-m', '{'], /--message 1 is no JSON: \{/],
    [['try', '-s', 'acne', '-c', 'tailrace.yaml', '-m', '{}'], /no stream "acne".*did you mean "acme"/]
  ]
  for (const [args, sentence] of wrong) {
    const { code, stderr } = await outputOf(args, cwd)
    t.is(code, 2, args.join(' '))
    t.regex(stderr, sentence)
  }
})

test('a filter says which field it did not find, and a device that the stream does not read is told', async t => {
  const text = config
    .replace('from: [fleet]', 'from: ["fleet/a*"]')
    .replace('requires: [plate]', 'requires: []')
  const args = ['try', '-s', 'acme', '-m', '{"ident":"a1"}', '-m', '{"ident":"b1","speed":50}']
  const { stdout } = await outputOf(args, folder(t, { ...files, 'tailrace.yaml': text }))
  t.is(
    stdout,
    `message 1 a1
  steps[0].filter  filtered: the message has no "speed"
  filtered by: steps[0].filter
message 2 b1
  not read: the stream does not want this device (from, where)
`
  )
})

test('a message that a step leaves out is not shown as changed by it, and a number that is given later is named', async t => {
  const sampled = `kafka: { brokers: ["localhost:1"] }
channels: { fleet: {} }
streams:
  acme:
    from: [fleet]
    sequence: { field: seq }
    steps: [{ sample: { everySeconds: 60, mark: reason } }]
    target: { http: { url: "https://a.example" } }
`
  const message = (timestamp: number) => ['--message', JSON.stringify({ ident: 'a', timestamp })]
  const args = ['try', '--stream', 'acme', ...message(100), ...message(101)]
  const { stdout, stderr } = await outputOf(args, folder(t, { 'tailrace.yaml': sampled }))
  t.regex(stdout, /\+ reason: "first"/)
  t.regex(stdout, / {2}steps\[0\]\.sample {2}filtered\n {2}filtered by: steps\[0\]\.sample\n$/)
  t.is(stderr, 'What is sent has its number in seq, which is given when it is sent.\n')
})
