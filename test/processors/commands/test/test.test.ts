// `tailrace test` as a user runs it: what it prints when something is not as expected, and where a file is wrong.

import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { folder, outputOf } from '../shared/output.ts'

const settings = `settings:
  target: { http: { url: "http://receiver.example/", maxMessages: 10, refusesDevice: [404] } }
`

/** A stream whose receiver answers 503 twice, then refuses device b and message c1. */
const story = `    messages: [a1 b1, 1s c1, 30s a2]
    answers: [503 x2, 404 when b1 until 10m, 400 when c1]
    until: 40s
`

async function run(t: ExecutionContext, expect: string) {
  const cwd = folder(t, { 'a.yaml': `${settings}cases:\n  - case: a story\n${story}    expect: ${expect}\n` })
  return outputOf(['test', 'a.yaml'], cwd)
}

/** Wrong expectations of the story, one each, and the lines by which a person sees what is wrong. */
const wrong: [mistake: string, expect: string, lines: string[]][] = [
  [
    'another time',
    '{ requests: [0s a1 b1 -> 404 unit, "0.4s a1 -> 503"] }',
    ['    requests', '      - 0s a1 b1 -> 404 unit', '      + 0s a1 b1 -> 404']
  ],
  ['a message too many among the delivered', '{ delivered: [a1, b1, a2] }', ['      - b1', '        a2']],
  ['another order', '{ delivered: [a2, a1] }', ['      - a2', '        a1', '      + a2']],
  [
    'a dead letter that is none',
    '{ deadLetters: [c1 http_rejected, a1 http_rejected] }',
    ['      - a1 http_rejected']
  ],
  ['no dead letter', '{ deadLetters: [] }', ['    deadLetters', '      + c1 http_rejected']],
  [
    'another reason',
    '{ deadLetters: [c1 http_too_large] }',
    ['      - c1 http_too_large', '      + c1 http_rejected']
  ],
  ['nobody held', '{ held: [] }', ['    held', '      + b 1 http_device_refused']],
  ['another offset', '{ offset: 3 }', ['    offset', '      - 3', '      + 4']],
  [
    'other counts',
    '{ counts: { delivered: 3, dead_lettered: 1 } }',
    ['      - delivered: 3', '      + delivered: 2', '        dead_lettered: 1']
  ],
  [
    'another state',
    '{ state: halted http_unauthorized }',
    ['      - halted http_unauthorized', '      + running']
  ]
]

for (const [mistake, expect, lines] of wrong) {
  test(`an expectation with ${mistake} is shown beside what happened`, async t => {
    const { code, stdout, stderr } = await run(t, expect)
    t.is(code, 1)
    t.is(stderr, '')
    const printed = stdout.split('\n')
    t.is(printed[0], '✘ a story  a.yaml:4')
    for (const line of lines) t.true(printed.includes(line), `${line} is missing in\n${stdout}`)
    t.is(printed.at(-3), '- expected  + what happened')
    t.regex(printed.at(-2) ?? '', /^1 of 1 case not as expected/)
  })
}

test('what is as expected ends with 0, a line for each case and their number', async t => {
  const { code, stdout } = await run(t, '{ delivered: [a1, a2], offset: 4, state: running }')
  t.is(code, 0)
  t.regex(stdout, /^✔ a story\n1 case as expected, \d+\.\d s\n$/)
})

test('what happens can be shown, and what is shown is what is expected', async t => {
  const text = `${settings}cases:\n  - case: a story\n${story}    expect: { offset: 0 }\n`
  const cwd = folder(t, { 'a.yaml': text })
  const { code, stdout } = await outputOf(['test', '--show', 'a.yaml'], cwd)
  t.is(code, 0)
  const [{ expect }] = parse(stdout)
  t.true(expect.requests.includes('0s a1 b1 -> 404'))
  t.is((await run(t, JSON.stringify(expect))).code, 0)
})

test('as JSON it is one object with every case, its place and its differences', async t => {
  const cwd = folder(t, {
    'a.yaml': `${settings}cases:\n  - case: a story\n${story}    expect: { offset: 3 }\n`
  })
  const { code, stdout } = await outputOf(['test', '--json', 'a.yaml'], cwd)
  t.is(code, 1)
  t.like(JSON.parse(stdout), {
    ok: false,
    cases: [
      {
        case: 'a story',
        line: 4,
        ok: false,
        differences: [
          {
            part: 'offset',
            lines: [
              { kind: 'expected', text: '3' },
              { kind: 'found', text: '4' }
            ]
          }
        ],
        observed: { state: 'running' }
      }
    ]
  })
})

const config = `kafka: { brokers: ["\${env:KAFKA_BROKERS}"] }
channels: { fleet: { sources: [{ http: { tokens: ["\${file:/nowhere/token}"] } }] } }
streams:
  acme: { from: [fleet], target: { http: { url: "\${env:ACME_URL}", bearer: "\${env:ACME_TOKEN}", maxMessages: 1 } } }
  bolt: { from: [fleet], target: { mqtt: { url: "mqtts://broker.example", clientId: bolt, topic: "fleet" } } }
`

test('a stream of the real configuration is tested without its secrets, and one of another protocol by outcomes', async t => {
  const cases = `config: tailrace.yaml
stream: acme
cases:
  - case: with its own settings
    messages: [a1 a2]
    expect: { requests: [0s a1 -> 200, 0s a2 -> 200] }
  - case: another one, by outcomes
    stream: bolt
    messages: [a1 b1]
    answers: [retry after 7s, reject when b]
    expect: { delivered: [a1], deadLetters: [b1 target_threw] }
`
  const cwd = folder(t, { 'tailrace.yaml': config, 'a.yaml': cases })
  const { code, stdout, stderr } = await outputOf(['test', 'a.yaml'], cwd)
  t.deepEqual([code, stderr], [0, ''], stdout)
})

const broken = `config: tailrace.yaml
cases:
  - case: one
    stream: acne
    messages: [a1]
    expect: {}
  - case: two
    stream: acme
    settings: { concurency: 3 }
    messages: [a1]
    expect: { offset: 1 }
  - case: three
    stream: acme
    messages: [a1..b2, a1 a1]
    answers: [2OO, 404 when c, hang x0, 503 untill 60s, 429 retry-after 7s]
    events: [10s explode, 10s release z]
    until: soon
    expect: { requests: [a1 -> 200, 0s a7 -> 200], delivered: [a8], counts: { deliverd: 1 }, state: runing }
  - case: four
    stream: acme
    messages: [a1]
    expect: {}
`

const anAnswer =
  'an answer such as 200, 429 retry-after 7, 503 after 5s, 400 unit unknown, hang, reset, refused'

const mistakes = [
  'a.yaml:4:13 cases[0].stream must name a stream of tailrace.yaml, got "acne", did you mean "acme"?',
  'a.yaml:9:17 cases[1].settings.concurency is an unknown key, did you mean "concurrency"?',
  'a.yaml:14:15 cases[2].messages sends a message twice; give each a name of its own',
  'a.yaml:14:16 cases[2].messages[0] must be names of messages such as "a1 b1 a2", or "10s a3" for later, got "a1..b2"',
  `a.yaml:15:15 cases[2].answers[0] must be ${anAnswer}`,
  'a.yaml:15:20 cases[2].answers[1] names no message of this case: c (a1)',
  `a.yaml:15:32 cases[2].answers[2] must be ${anAnswer}`,
  `a.yaml:15:41 cases[2].answers[3] must be ${anAnswer}`,
  `a.yaml:15:57 cases[2].answers[4] must be ${anAnswer}`,
  'a.yaml:16:14 cases[2].events[0] must be a time and what happens then, such as "30s restart", "60s release a" or "60s discard a", got "10s explode"',
  'a.yaml:16:27 cases[2].events[1] names no device of this case: z (a)',
  'a.yaml:17:12 cases[2].until must be a duration such as 500ms, 90s or 5m, got "soon"',
  'a.yaml:18:26 cases[2].expect.requests[0] must be a line such as "7s a1 b1 -> 200", "0s..500ms a1 -> hang" or "* a1 -> 200", got "a1 -> 200"',
  'a.yaml:18:37 cases[2].expect.requests[1] names no message of this case: a7, did you mean "a1"?',
  'a.yaml:18:64 cases[2].expect.delivered[0] names no message of this case: a8, did you mean "a1"?',
  'a.yaml:18:89 cases[2].expect.counts.deliverd is no count, did you mean "delivered"?',
  'a.yaml:18:101 cases[2].expect.state begins with no state, did you mean "running"?',
  'a.yaml:22:13 cases[3].expect expects nothing: such a case could not fail'
]

test('every mistake of a file is told at once, with its place and what was expected', async t => {
  const cwd = folder(t, {
    'tailrace.yaml': config,
    'a.yaml': broken
  })
  const { code, stderr } = await outputOf(['test', 'a.yaml'], cwd)
  t.is(code, 2)
  t.deepEqual(
    stderr
      .split('\n')
      .slice(1, -1)
      .map(line => line.replace(/; behind it.*/, '')),
    mistakes
  )
  t.is((await outputOf(['test', 'none.yaml'], cwd)).code, 3)
})

test('with several streams in a configuration a case has to say which, and a time to end that comes too early is told', async t => {
  const cwd = folder(t, {
    'tailrace.yaml': config,
    'a.yaml': `config: tailrace.yaml
cases:
  - { case: one, messages: [a1], expect: { offset: 1 } }
  - { case: two, stream: acme, messages: [a1, 2m a2], until: 1m, expect: { offset: 1 } }
`
  })
  const { code, stderr } = await outputOf(['test', 'a.yaml'], cwd)
  t.is(code, 2)
  t.regex(stderr, /a\.yaml:3:5 cases\[0\] needs "stream", as tailrace\.yaml has several: acme, bolt\n/)
  t.regex(stderr, /cases\[1\]\.until is before 2m, when something is still to happen\n/)
})

test('what a person does to a device concerns it also under an ident of its own, and names may be runs', async t => {
  const text = `${settings}cases:
  - case: under another ident
    messages: [b1..b2 a1..a3]
    values: { b1: { ident: "350" }, b2: { ident: "350" } }
    answers: [404 when b until 10m]
    events: [30s discard b]
    expect: { held: [], delivered: [a1..a3], deadLetters: [b1 held_discarded, b2 held_discarded] }
  - case: modifiers in any order
    messages: [a1]
    answers: [503 x2 when a1]
    expect: { requests: [0s a1 -> 503, 0.5s a1 -> 503, 1.5s a1 -> 200] }
`
  const { code, stdout } = await outputOf(['test', 'a.yaml'], folder(t, { 'a.yaml': text }))
  t.is(code, 0, stdout)
})

test('to be shown a case need not expect anything', async t => {
  const text = `${settings}cases:\n  - case: only looking\n    messages: [a1..a3]\n`
  const cwd = folder(t, { 'a.yaml': text })
  const { code, stdout } = await outputOf(['test', '--show', 'a.yaml'], cwd)
  t.is(code, 0)
  t.regex(stdout, /delivered:\n {6}- a1\.\.a3\n/)
  t.is((await outputOf(['test', 'a.yaml'], cwd)).code, 2)
})

test('steps of a configuration are tested with the attributes that it names, and with those of a case', async t => {
  const cwd = folder(t, {
    'tailrace.yaml': `kafka: { brokers: ["localhost:1"] }
channels: { fleet: {} }
attributes: { file: devices.yaml }
streams:
  acme:
    from: [fleet]
    requires: [plate]
    steps: [{ enrich: {} }, { select: [plate] }]
    target: { http: { url: "http://receiver.example/" } }
`,
    'devices.yaml': 'a: { plate: CB 1 }\n',
    'a.yaml': `config: tailrace.yaml
cases:
  - case: attributes of both
    messages: [a1 b1 c1]
    attributes: { b: { plate: CB 2 } }
    until: 10s
    expect:
      sent: { a1: { plate: CB 1 }, b1: { plate: CB 2 } }
      held: [c 1 attribute_missing]
`
  })
  const { code, stdout, stderr } = await outputOf(['test', 'a.yaml'], cwd)
  t.is(stderr, '')
  t.is(code, 0, stdout)
})
