// What answers mean beyond their status: rules of the user, and bodies that tell what became of each message. Each row is
// one answer to three messages, of the devices a, a and b.

import test from 'ava'
import type { Outcome } from '../../../../connectors/connector.ts'
import { Judge } from '../../../../connectors/http/answer/judge.ts'
import { messagesOf } from '../../../messages.ts'
import { configAt, type Settings } from '../harness.ts'

const messages = messagesOf(['{"n":0}', '{"n":1}', '{"n":2}'], { keys: ['a', 'a', 'b'], firstOffset: 7 })
const url = 'http://127.0.0.1:9/'

/** The outcomes as `kind/scope code`; one where the answer is for all. */
function told(settings: Settings, status: number, body: unknown): string[] | string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const judge = new Judge(configAt(url, settings))
  const answer = { status, retryAfter: undefined, excerpt: '', body: judge.reads(status) ? text : null }
  const outcome = judge.outcome(answer, messages, 0)
  const short = (one: Outcome) =>
    one.kind === 'delivered'
      ? 'ok'
      : `${one.kind}${one.scope === undefined ? '' : `/${one.scope}`} ${one.code}`
  return Array.isArray(outcome) ? outcome.map(short) : short(outcome)
}

const unknownUnit: Settings['rules'] = [
  { status: [404], body: { code: 'unit_unknown' }, means: 'reject-device' },
  { status: [200], body: { status: ['error', 'failed'] }, means: 'reject' },
  { status: [200], body: { 'error.code': 17 }, means: 'retry' },
  { body: { maintenance: true }, means: 'halt' },
  { status: [409], body: {}, means: 'delivered' },
  { status: [503], body: { 'errors.0.code': null }, means: 'reject' }
]

const rules: readonly [status: number, body: unknown, outcome: string][] = [
  [404, { code: 'unit_unknown' }, 'reject/device http_device_refused'],
  [404, { code: 'nothing here' }, 'halt http_address_refused'],
  [404, 'unit_unknown', 'halt http_address_refused'],
  [404, '', 'halt http_address_refused'],
  [200, { status: 'error' }, 'reject http_rejected'],
  [200, { status: 'failed' }, 'reject http_rejected'],
  [200, { status: 'ok' }, 'ok'],
  [200, { status: ['error'] }, 'ok'],
  [200, { error: { code: 17 } }, 'retry http_retry_asked'],
  [200, { error: { code: '17' } }, 'ok'],
  [200, { 'error.code': 17 }, 'ok'],
  [200, 'it is not JSON', 'ok'],
  [200, { maintenance: true }, 'halt http_halt_asked'],
  [500, { maintenance: true }, 'halt http_halt_asked'],
  [500, { maintenance: 'true' }, 'retry http_unavailable'],
  [409, '', 'ok'],
  [409, { code: 'unit_unknown' }, 'ok'],
  [503, { errors: [{ code: null }] }, 'reject http_rejected'],
  [503, { errors: [{}] }, 'retry http_unavailable']
]

for (const [status, body, outcome] of rules) {
  test(`rules: ${status} ${JSON.stringify(body)} means ${outcome}`, t => {
    t.is(told({ rules: unknownUnit }, status, body), outcome)
  })
}

type Parts = NonNullable<Settings['parts']>

const byIndex: Parts = {
  lists: [{ at: 'errors', index: 'item', reason: 'why', means: 'reject', meanings: {} }],
  unnamed: 'delivered'
}
const byId: Parts = {
  lists: [
    { at: 'accepted', id: '$', means: 'delivered', meanings: {} },
    { at: 'rejected', id: 'id', means: 'reject', meanings: {} },
    { at: 'retryable', id: 'id', means: 'retry', meanings: {} }
  ],
  unnamed: 'retry'
}
const byPlace: Parts = {
  lists: [
    {
      ...{ at: '$', value: 'status' },
      meanings: { 200: 'delivered', 404: 'reject-device', 429: 'retry', true: 'delivered', '*': 'reject' }
    }
  ],
  unnamed: 'retry'
}
const strictly: Parts = {
  lists: [{ at: 'r.list', value: '$', meanings: { ok: 'delivered', bad: 'reject' } }],
  unnamed: 'halt'
}
const byIdent: Parts = {
  lists: [{ at: 'unknown', ident: '$', means: 'reject-device', meanings: {} }],
  unnamed: 'delivered'
}

const reject = 'reject http_rejected'
const again = 'retry/device http_retry_asked'
const device = 'reject/device http_device_refused'
const unreadable = 'unknown http_answer_unreadable'

const parts: readonly [parts: Parts, status: number, body: unknown, outcome: string | string[]][] = [
  [byIndex, 200, {}, ['ok', 'ok', 'ok']],
  [byIndex, 200, { errors: [] }, ['ok', 'ok', 'ok']],
  [byIndex, 200, { errors: null }, ['ok', 'ok', 'ok']],
  [byIndex, 200, { errors: [{ item: 1 }] }, ['ok', reject, 'ok']],
  [byIndex, 207, { errors: [{ item: 1 }] }, ['ok', reject, 'ok']],
  [byIndex, 202, { errors: [{ item: 0 }, { item: 2 }] }, [reject, 'ok', reject]],
  [byIndex, 200, { errors: [{ item: '2' }] }, ['ok', 'ok', reject]],
  [byIndex, 200, { errors: [{ item: 3 }] }, unreadable],
  [byIndex, 200, { errors: [{ item: -1 }] }, unreadable],
  [byIndex, 200, { errors: [{ item: 0.5 }] }, unreadable],
  [byIndex, 200, { errors: [{}] }, unreadable],
  [byIndex, 200, { errors: [null] }, unreadable],
  [byIndex, 200, { errors: 'all of them' }, unreadable],
  [byIndex, 200, { errors: { 0: {} } }, unreadable],
  [byIndex, 200, 'OK', unreadable],
  [byIndex, 200, '', unreadable],
  [byIndex, 200, 'null', unreadable],
  [byIndex, 200, '{"errors":[', unreadable],
  [byIndex, 400, { errors: [{ item: 1 }] }, 'reject http_rejected'],
  [byIndex, 503, { errors: [{ item: 1 }] }, 'retry http_unavailable'],
  [{ ...byIndex, status: [422] }, 422, { errors: [{ item: 1 }] }, ['ok', reject, 'ok']],
  [{ ...byIndex, status: [422] }, 200, { errors: [{ item: 1 }] }, 'ok'],
  [byId, 200, { accepted: ['fleet-0-7', 'fleet-0-8', 'fleet-0-9'] }, ['ok', 'ok', 'ok']],
  [byId, 200, { accepted: ['fleet-0-8'], rejected: [{ id: 'fleet-0-7' }] }, [reject, 'ok', again]],
  [byId, 200, { retryable: [{ id: 'fleet-0-9' }], rejected: [{ id: 'fleet-0-8' }] }, [again, reject, again]],
  [byId, 200, {}, [again, again, again]],
  [byId, 200, { rejected: [{ id: 'fleet-0-10' }] }, unreadable],
  [byId, 200, { rejected: [{ id: 7 }] }, unreadable],
  [byId, 200, { rejected: ['fleet-0-7'] }, unreadable],
  [byPlace, 200, [{ status: 200 }, { status: 404 }, { status: 429 }], ['ok', device, again]],
  [byPlace, 200, [{ status: true }, { status: '200' }, { status: 'no' }], ['ok', 'ok', reject]],
  [byPlace, 200, [{ status: 200 }, {}, null], ['ok', reject, reject]],
  [byPlace, 200, [{ status: 200 }, { status: 200 }], unreadable],
  [byPlace, 200, [], unreadable],
  [byPlace, 200, [{ status: 'constructor' }, { status: 200 }, { status: 200 }], [reject, 'ok', 'ok']],
  [strictly, 200, { r: { list: ['ok', 'bad', 'ok'] } }, ['ok', reject, 'ok']],
  [strictly, 200, { r: { list: ['ok', 'odd', 'ok'] } }, unreadable],
  [strictly, 200, { r: { list: ['ok', 'toString', 'ok'] } }, unreadable],
  [byIdent, 200, { unknown: ['a'] }, [device, device, 'ok']],
  [byIdent, 200, { unknown: ['b', 'a'] }, [device, device, device]],
  [byIdent, 200, { unknown: ['c'] }, unreadable]
]

for (const [config, status, body, outcome] of parts) {
  const [list] = config.lists
  test(`parts at ${list?.at}, ${config.status ?? 'success'}: ${status} ${JSON.stringify(body)}`, t => {
    t.deepEqual(told({ parts: config }, status, body), outcome)
  })
}

test('a reason is told on one line, and what is said of one message is not said of another', t => {
  const judge = new Judge(configAt(url, { parts: byIndex }))
  const body = JSON.stringify({ errors: [{ item: 1, why: 'the unit\n is blocked' }] })
  const outcome = judge.outcome({ status: 200, retryAfter: undefined, excerpt: '', body }, messages, 0)
  t.like(outcome, { 1: { kind: 'reject', detail: 'HTTP 200: the unit is blocked' } })
})

test('of a message that the target has it is told what the answer said of it: the value, and the reason if it has one', t => {
  const lists = [
    { at: 'results', value: 'status', reason: 'id', meanings: { '*': 'delivered' as const } },
    { at: 'done', index: 'item', means: 'delivered' as const, meanings: {} }
  ]
  const judge = new Judge(configAt(url, { parts: { lists, unnamed: 'delivered' } }))
  const saidOf = (json: unknown) => {
    const answer = { status: 200, retryAfter: undefined, excerpt: '', body: JSON.stringify(json) }
    const outcome = judge.outcome(answer, messages, 0)
    return [outcome].flat().map(one => 'answer' in one && one.answer)
  }
  const results = [
    { status: 'accepted', id: 'r-17' },
    { status: 'duplicate' },
    { status: 'accepted\n', id: 9 }
  ]
  t.deepEqual(saidOf({ results }), [
    'HTTP 200: accepted, r-17',
    'HTTP 200: duplicate',
    'HTTP 200: accepted, 9'
  ])
  const byItem = new Judge(configAt(url, { parts: { lists: lists.slice(1), unnamed: 'delivered' } }))
  const body = JSON.stringify({ done: [{ item: 1, at: '12:00' }] })
  t.deepEqual(byItem.outcome({ status: 200, retryAfter: undefined, excerpt: '', body }, messages, 0), [
    { kind: 'delivered', answer: 'HTTP 200' },
    { kind: 'delivered', answer: 'HTTP 200: {"item":1,"at":"12:00"}' },
    { kind: 'delivered', answer: 'HTTP 200' }
  ])
})

test('what is to be retried waits as long as the answer says', t => {
  const judge = new Judge(configAt(url, { parts: byId }))
  const outcome = judge.outcome({ status: 200, retryAfter: '7', excerpt: '', body: '{}' }, messages, 0)
  t.like(outcome, { 0: { kind: 'retry', retryAfterMs: 7_000 } })
})

test('a status that a rule calls a delivery confirms, and one that it calls something else does not', t => {
  const judge = new Judge(
    configAt(url, {
      rules: [
        { status: [409], body: {}, means: 'delivered' },
        { status: [202], body: {}, means: 'retry' }
      ]
    })
  )
  t.deepEqual(
    [200, 202, 409, 410].map(status => judge.confirms(status)),
    [true, false, true, false]
  )
  t.false(judge.reads(409))
})

test('207 that nobody reads stops the stream, unless it is listed as a success', t => {
  t.is(told({}, 207, {}), 'halt http_parts_unread')
  t.is(told({ success: [200, 207] }, 207, {}), 'ok')
})

const mistakes: readonly [settings: Settings, path: string][] = [
  [{ rules: [{ body: {}, means: 'reject' }] }, 'rules[0]'],
  [{ rules: [{ body: { a: { b: 1 } }, means: 'reject' }] }, 'rules[0].body["a"]'],
  [{ rules: [{ body: { a: [1, [2]] }, means: 'reject' }] }, 'rules[0].body["a"]'],
  [{ parts: { lists: [{ at: 'a', meanings: {} }], unnamed: 'retry' } }, 'parts.lists[0]'],
  [
    { parts: { lists: [{ at: 'a', means: 'retry', meanings: { x: 'retry' } }], unnamed: 'retry' } },
    'parts.lists[0]'
  ],
  [{ parts: { lists: [{ at: 'a', meanings: { x: 'retry' } }], unnamed: 'retry' } }, 'parts.lists[0]'],
  [
    { parts: { lists: [{ at: 'a', means: 'retry', meanings: {}, index: 'i', id: 'j' }], unnamed: 'retry' } },
    'parts.lists[0]'
  ]
]

for (const [settings, path] of mistakes) {
  test(`it is told what is wrong with ${JSON.stringify(settings)}`, t => {
    t.throws(() => new Judge(configAt(url, settings)), {
      code: 'config_invalid',
      message: new RegExp(`^${path.replace(/[[\]]/g, '\\$&')}: `)
    })
  })
}
