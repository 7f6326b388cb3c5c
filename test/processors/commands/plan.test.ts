// `tailrace plan` as a user runs it.

import test from 'ava'
import { folder, outputOf } from './shared/output.ts'

const config = (streams: string, more = '') => `kafka: { brokers: ["localhost:9092"] }
channels: { fleet: {} }
${more}
streams:
${streams}`

const acme = (fields = '') =>
  `  acme: { from: [fleet], target: { http: { url: "https://a.example", bearer: "hunter2hunter2" } } ${fields} }\n`
const bolt = '  bolt: { from: [fleet], target: { http: { url: "https://b.example" } } }\n'
const carl = bolt.replace('bolt', 'carl')

test('what starts, stops and restarts is shown with its reason, without values', async t => {
  const cwd = folder(t, {
    'old.yaml': config(acme() + bolt),
    'new.yaml': config(acme(', concurrency: 7').replace('hunter2hunter2', 'hunter3hunter3') + carl)
  })
  const { code, stdout, stderr } = await outputOf(['plan', 'old.yaml', 'new.yaml'], cwd)
  t.deepEqual([code, stderr], [0, ''])
  t.deepEqual(stdout.split('\n'), [
    '~ stream acme restarts: target.http.bearer, concurrency',
    '+ stream carl starts',
    '- stream bolt stops',
    '    its place stays in Kafka under the group tailrace.bolt, as long as Kafka keeps offsets',
    ''
  ])
})

test('streams that go on are counted, and listed if asked for', async t => {
  const cwd = folder(t, { 'old.yaml': config(acme() + bolt), 'new.yaml': config(acme() + bolt + carl) })
  const few = await outputOf(['plan', 'old.yaml', 'new.yaml'], cwd)
  t.deepEqual(few.stdout.split('\n'), ['+ stream carl starts', '  2 streams not touched', ''])
  const all = await outputOf(['plan', '--all', 'old.yaml', 'new.yaml'], cwd)
  t.deepEqual(all.stdout.split('\n').slice(0, 2), ['  stream acme goes on', '  stream bolt goes on'])
  const same = await outputOf(['plan', 'old.yaml', 'old.yaml'], cwd)
  t.deepEqual([same.code, same.stdout], [0, 'Nothing changes.\n'])
})

test('what needs a restart of the process ends with 1, also as JSON', async t => {
  const cwd = folder(t, {
    'old.yaml': config(acme()),
    'new.yaml': config(acme(), 'memory: { maxBytes: 99999999 }')
  })
  const told = await outputOf(['plan', 'old.yaml', 'new.yaml'], cwd)
  t.is(told.code, 1)
  t.regex(told.stdout, /needs a restart of the process, and would be refused: memory\.maxBytes/)
  const { code, stdout } = await outputOf(['plan', '--json', 'old.yaml', 'new.yaml'], cwd)
  t.is(code, 1)
  t.like(JSON.parse(stdout), {
    needsRestart: ['memory.maxBytes'],
    streams: [{ stream: 'acme', action: 'keep' }]
  })
})

test('a mistake in either is told with its place, and a file that is missing by its name', async t => {
  const cwd = folder(t, { 'old.yaml': config(acme()), 'new.yaml': config(acme(', concurency: 7')) })
  const { code, stderr } = await outputOf(['plan', 'old.yaml', 'new.yaml'], cwd)
  t.is(code, 2)
  t.regex(stderr, /new\.yaml:5:\d+ streams\.acme\.concurency is an unknown key, did you mean "concurrency"\?/)
  t.is((await outputOf(['plan', 'old.yaml', 'none.yaml'], cwd)).code, 3)
})
