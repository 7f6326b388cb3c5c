// `tailrace check` and `tailrace init` as a user runs them: as processes, with their output and exit codes.

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { codeBlocks } from '../../markdown.ts'
import { folder, outputOf } from './shared/output.ts'

const valid = `kafka: { brokers: ["localhost:9092"] }
channels: { fleet: {} }
streams: { acme: { from: [fleet], target: { http: { url: "https://a.example" } } } }`

test('a valid configuration is counted, with exit code 0', async t => {
  const cwd = folder(t, { 'a.yaml': valid })
  t.deepEqual(await outputOf(['check', 'a.yaml'], cwd), {
    code: 0,
    stdout: 'ok: 1 channel, 1 stream\n',
    stderr: ''
  })
  const { code, stdout } = await outputOf(['check', '--json', '.'], cwd)
  t.is(code, 0)
  t.deepEqual(JSON.parse(stdout), { ok: true, problems: [], channels: 1, streams: 1 })
})

test('what has expired, or will soon, is a warning at its place, and the exit code stays 0', async t => {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const token = (exp: number) => {
    const parts = [{ alg: 'none' }, { exp }].map(part => Buffer.from(JSON.stringify(part)))
    return `${parts.map(part => part.toString('base64url')).join('.')}.`
  }
  const stream = (name: string, exp: number) =>
    `  ${name}: { from: [fleet], target: { http: { url: "https://a.example", bearer: "${token(exp)}" } } }`
  const text = [
    'kafka: { brokers: ["localhost:9092"] }',
    'channels: { fleet: {} }',
    'streams:',
    stream('late', nowSeconds + 30 * 86_400),
    stream('soon', nowSeconds + 2 * 86_400 + 3_600),
    stream('past', nowSeconds - 3 * 86_400)
  ].join('\n')
  const cwd = folder(t, { 'a.yaml': text })
  const { code, stdout, stderr } = await outputOf(['check', 'a.yaml'], cwd)
  t.is(code, 0)
  t.is(stdout, 'ok: 1 channel, 3 streams\n')
  t.deepEqual(
    stderr
      .replace(/3 d [^\n]*(?= ago)/, '3 d')
      .replace(/2 d.*/, '2 d')
      .split('\n'),
    [
      'a.yaml:6:70 streams.past.target.http.bearer is a token that expired 3 d ago',
      'a.yaml:5:70 streams.soon.target.http.bearer is a token that expires in 2 d',
      '2 warnings',
      ''
    ]
  )
})

test('every mistake is one plain line on standard error, with exit code 2', async t => {
  const cwd = folder(t, { 'a.yaml': valid.replace('fleet]', 'flet]').replace('https', 'ftp') })
  const { code, stdout, stderr } = await outputOf(['check', 'a.yaml'], cwd)
  t.is(code, 2)
  t.is(stdout, '')
  t.deepEqual(stderr.split('\n'), [
    'a.yaml:3:27 streams.acme.from[0] must be the name of a channel, got "flet", did you mean "fleet"?',
    'a.yaml:3:57 streams.acme.target.http.url must be an http(s) URL without user name and password, got "ftp://a.example"',
    '2 mistakes',
    ''
  ])
})

test('with --json mistakes are an object on standard output', async t => {
  const cwd = folder(t, { 'a.yaml': valid.replace('fleet]', 'flet]') })
  const { code, stdout, stderr } = await outputOf(['check', '--json', 'a.yaml'], cwd)
  t.is(code, 2)
  t.is(stderr, '')
  t.like(JSON.parse(stdout), {
    ok: false,
    problems: [{ file: 'a.yaml', line: 3, column: 27, path: 'streams.acme.from[0]' }]
  })
})

test('what only the connector can tell has a place too', async t => {
  const cwd = folder(t, { 'a.yaml': valid.replace('https://a.example"', 'http://a.example", tls: {}') })
  const { code, stderr } = await outputOf(['check', 'a.yaml'], cwd)
  t.is(code, 2)
  t.is(stderr.split('\n')[0], 'a.yaml:3:78 streams.acme.target.http.tls needs an https url beside it')
})

test('what only a source can tell has a place too, also what two of them cannot both have', async t => {
  const channels = (...sources: string[]) =>
    `kafka: { brokers: ["localhost:9092"] }
channels:${sources.map((source, at) => `\n  c${at}: { sources: [{ http: {} }, { ${source} }] }`).join('')}
streams: {}`
  const mqtt = 'mqtt: { url: "mqtt://a.example", clientId: a, topics: '
  const alone = channels(
    'wialon: { host: 0.0.0.0, port: 20163 }',
    'wialon: { host: 0.0.0.0, port: 20164, senders: [10.0.0.0/8, 10.0.0.0/33] }',
    'wialonIps: { host: 0.0.0.0, port: 20165 }',
    `${mqtt}["{ident}/{ident}"] }`
  )
  const together = channels(
    'wialon: { port: 20163 }',
    'wialon: { port: 20163 }',
    `${mqtt}["{ident}"] }`,
    `${mqtt}["{ident}"] }`
  )
  const cwd = folder(t, { 'alone.yaml': alone, 'together.yaml': together })
  const first = await outputOf(['check', 'alone.yaml'], cwd)
  t.is(first.code, 2)
  const guarded = /reached from other machines, and .*\. (Name|Set) .* insecure: true\.$/
  const [retranslator = '', network, ips = '', topic] = first.stderr.split('\n')
  t.regex(retranslator, /^alone\.yaml:3:35 channels\.c0\.sources\[1\]\.wialon 0\.0\.0\.0 is /)
  t.regex(retranslator, guarded)
  t.is(
    network,
    'alone.yaml:4:95 channels.c1.sources[1].wialon.senders[1] 10.0.0.0/33 is neither an address nor a network such as 192.0.2.0/24'
  )
  t.regex(ips, guarded)
  t.is(topic, 'alone.yaml:6:81 channels.c3.sources[1].mqtt.topics {ident}/{ident} has {ident} twice')
  const second = await outputOf(['check', 'together.yaml'], cwd)
  t.is(second.code, 2)
  t.deepEqual(second.stderr.split('\n').slice(0, 2), [
    'together.yaml:4:35 channels.c1.sources[1].wialon 127.0.0.1 port 20163 is listened on already',
    'together.yaml:6:35 channels.c3.sources[1].mqtt two sources would connect to mqtt://a.example as a'
  ])
})

test('what cannot be read has exit code 3', async t => {
  const cwd = folder(t)
  const plain = await outputOf(['check', 'nowhere.yaml'], cwd)
  t.is(plain.code, 3)
  t.regex(plain.stderr, /nowhere\.yaml.*there is no such file or folder/)
  const json = await outputOf(['check', '--json', 'nowhere.yaml'], cwd)
  t.is(json.code, 3)
  t.is(JSON.parse(json.stdout).error.code, 'config_unreadable')
})

test('with --connect a Kafka and a target that do not answer are told, with exit code 3', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  server.close()
  await once(server, 'close')
  const cwd = folder(t, { 'a.yaml': valid.replace('localhost:9092', `127.0.0.1:${port}`) })
  const { code, stdout } = await outputOf(['check', '--connect', '--json', 'a.yaml'], cwd)
  t.is(code, 3)
  t.like(JSON.parse(stdout), {
    ok: false,
    trials: [
      { path: 'kafka', result: 'failed' },
      { path: 'streams.acme.target', result: 'failed' }
    ]
  })
})

test('check without a path, and check --help, say what to do', async t => {
  const missing = await outputOf(['check'], folder(t))
  t.is(missing.code, 3)
  t.regex(missing.stderr, /tailrace\.yaml.*there is no such file or folder/)
  const help = await outputOf(['check', '--help'], folder(t))
  t.is(help.code, 0)
  t.regex(help.stdout, /Examples:\n {2}tailrace check +tailrace\.yaml of the current folder/)
})

test('init writes a configuration that passes check and names its schema', async t => {
  const cwd = folder(t)
  t.is((await outputOf(['init'], cwd)).code, 0)
  t.deepEqual(await outputOf(['check', 'tailrace.yaml'], cwd), {
    code: 0,
    stdout: 'ok: 1 channel, 1 stream\n',
    stderr: ''
  })
  const [first] = readFileSync(join(cwd, 'tailrace.yaml'), 'utf8').split('\n')
  const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(first ?? '')?.[1]
  t.notThrows(() => JSON.parse(readFileSync(schema ?? '', 'utf8')))
})

test('what init writes sends to the port where receive listens unless told otherwise', async t => {
  const cwd = folder(t)
  await outputOf(['init'], cwd)
  const port = /url: http:\/\/localhost:(\d+)/.exec(readFileSync(join(cwd, 'tailrace.yaml'), 'utf8'))?.[1]
  t.regex(
    (await outputOf(['receive', '--help'], cwd)).stdout,
    new RegExp(`--port <number> .*default: ${port}`)
  )
})

test('the profile for toll systems passes check, with what is known of vehicles beside it', async t => {
  const cwd = folder(t)
  const { code, stdout } = await outputOf(['init', '--profile', 'toll'], cwd)
  t.deepEqual(
    [code, stdout],
    [0, 'Wrote tailrace.yaml and devices.yaml. Next: tailrace check tailrace.yaml\n']
  )
  const checked = await outputOf(['check'], cwd)
  t.deepEqual(checked, { code: 0, stdout: 'ok: 1 channel, 1 stream\n', stderr: '' })
})

test('the profile for toll systems is what its page says, but for the files with secrets', async t => {
  const cwd = folder(t)
  await outputOf(['init', '--profile', 'toll'], cwd)
  const written = parse(readFileSync(join(cwd, 'tailrace.yaml'), 'utf8')).streams.toll
  const blocks = codeBlocks(readFileSync(packageRoot('connectors/http/presets/toll.md'), 'utf8'), 'yaml')
  const [devices, page] = blocks.map(({ text }) => parse(text))
  const { tls, webhookSignature, ...http } = page.streams.toll.target.http
  t.deepEqual(Object.keys(tls), ['ca', 'cert', 'key'])
  t.is(webhookSignature.secrets.length, 1)
  t.deepEqual(written, { ...page.streams.toll, start: 'latest', target: { http } })
  t.deepEqual(parse(readFileSync(join(cwd, 'devices.yaml'), 'utf8')), devices)
})

test('a profile is not written at all where one of its files is there', async t => {
  const cwd = folder(t, { 'devices.yaml': 'precious' })
  const { code, stderr } = await outputOf(['init', '--profile', 'toll'], cwd)
  t.is(code, 3)
  t.regex(stderr, /devices\.yaml: The file is there already/)
  t.deepEqual(readdirSync(cwd), ['devices.yaml'])
  t.is((await outputOf(['init', '--profile', 'tol'], cwd)).code, 2)
})

test('init overwrites nothing', async t => {
  const cwd = folder(t, { 'mine.yaml': 'precious' })
  const { code, stderr } = await outputOf(['init', 'mine.yaml'], cwd)
  t.is(code, 3)
  t.regex(stderr, /mine\.yaml: The file is there already/)
  t.is(readFileSync(join(cwd, 'mine.yaml'), 'utf8'), 'precious')
  t.is((await outputOf(['init', '--json', 'no/such/folder.yaml'], cwd)).code, 3)
})
