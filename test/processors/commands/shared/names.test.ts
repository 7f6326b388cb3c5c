// Names of streams and channels on the command line, which are easily taken for one another.

import test, { type ExecutionContext } from 'ava'
import { folder, outputOf } from './output.ts'

const config = `kafka: { brokers: ["localhost:9092"] }
channels: { fleet: {}, depot: {} }
streams:
  acme: { from: [fleet], target: { http: { url: "https://a.example" } } }
  bolt: { from: ["fleet/86*"], target: { http: { url: "https://b.example" } } }`

async function saying(t: ExecutionContext, args: readonly string[], sentence: string) {
  const { code, stderr } = await outputOf(args, folder(t, { 'tailrace.yaml': config }))
  t.is(code, 2)
  t.true(stderr.split('\n')[0]?.endsWith(sentence), stderr)
}

test('a command that takes a stream says so when it is given a channel, and who reads that', async t => {
  await saying(
    t,
    ['held', 'fleet'],
    'no stream "fleet" in tailrace.yaml: it is a channel, which is read by acme, bolt'
  )
  await saying(
    t,
    ['offsets', 'depot'],
    'no stream "depot" in tailrace.yaml: it is a channel, which no stream reads'
  )
  await saying(t, ['held', 'acne'], 'no stream "acne" in tailrace.yaml, did you mean "acme"?')
  await saying(
    t,
    ['held', 'constructor'],
    'no stream "constructor" in tailrace.yaml (known streams: acme, bolt)'
  )
})

test('dead letters of a channel are to be asked for with --channel, those of a stream without', async t => {
  await saying(
    t,
    ['dead-letters', 'list', 'fleet'],
    'it is a channel, which is read by acme, bolt; add --channel for its dead letters'
  )
  await saying(
    t,
    ['dead-letters', 'show', 'acme', '0:1', '--channel'],
    'no channel "acme" in tailrace.yaml: it is a stream, which reads fleet; leave out --channel for its dead letters'
  )
})

test('an option that takes a channel says so when it is given a stream', async t => {
  await saying(
    t,
    ['check', '--against', 'acme'],
    '--against: no channel "acme": it is a stream, which reads fleet'
  )
  await saying(
    t,
    ['try', '1', '--channel', 'bolt'],
    '--channel: no channel "bolt" in tailrace.yaml: it is a stream, which reads fleet'
  )
})

test('check and run take tailrace.yaml when they are given no path, as the other commands do', async t => {
  const cwd = folder(t, { 'tailrace.yaml': config })
  t.like(await outputOf(['check'], cwd), { code: 0, stdout: 'ok: 2 channels, 2 streams\n' })
  const broken = folder(t, { 'tailrace.yaml': config.replaceAll('fleet', 'depot') })
  for (const command of ['check', 'run']) {
    const { code, stdout, stderr } = await outputOf([command], broken)
    t.is(code, 2, stderr)
    t.regex(stdout + stderr, /tailrace\.yaml:2:/)
    t.regex((await outputOf([command, '--help'], broken)).stdout, /\(default:\s+"tailrace\.yaml"\)/)
  }
})

test('how many messages can be had at most stands in the help', async t => {
  const cwd = folder(t, {})
  t.regex((await outputOf(['try', '--help'], cwd)).stdout, /--last <count> +how many of them, at most 10,000/)
})
