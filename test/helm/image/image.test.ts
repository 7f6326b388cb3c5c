// The image as far as it can be tried without a container engine: the commands of helm/Dockerfile are run in empty folders,
// and what they leave is started as the image says, on the image's Node, with nothing around that it could write to.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { Cluster } from '../../flows/harness/cluster.ts'
import { until } from '../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../kafka.ts'
import { imageNodeFolder, imageStages, nodeVersion } from './base.ts'
import { Container } from './container.ts'
import type { Stage } from './dockerfile.ts'
import { diskMb, makeReadOnly, makeWritable, packagesIn, snapshot } from './folder.ts'
import { runStages } from './stages.ts'

interface Locked {
  readonly dev?: true
  readonly optional?: true
}

const own = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8'))
const locked: Record<string, Locked> = JSON.parse(
  readFileSync(packageRoot('package-lock.json'), 'utf8')
).packages

const stages = imageStages()
const image = stages.at(-1) as Stage // there are some, or reading them would have thrown
const folder = mkdtempSync(join(tmpdir(), 'tailrace-image-'))
let root = ''
let before = new Map<string, string>()

test.before('the commands of all stages end well', async t => {
  t.timeout(600_000, 'packages are installed twice')
  chmodSync(folder, 0o755) // as whoever the image says, it has to be read
  const node = join(await imageNodeFolder(), 'node')
  const ignored = readFileSync(packageRoot('helm/Dockerfile.dockerignore'), 'utf8')
  root = await runStages({ stages, context: packageRoot('.'), ignored, node, folder })
  mkdirSync(join(root, 'etc/tailrace'), { recursive: true })
  makeReadOnly(root)
  before = snapshot(root)
})

test.after.always('the folders are removed', () => {
  makeWritable(folder)
  rmSync(folder, { recursive: true })
})

const workdir = (path: string) => join(root, image.directory, path)

test('it holds what package.json names, the packages and the command, and nothing else', t => {
  const names = own.files.map((path: string) => path.split('/')[0])
  const always = ['bin', 'node_modules', 'package.json', 'README.md', 'LICENSE']
  t.deepEqual(readdirSync(workdir('')).sort(), [...new Set([...names, ...always])].sort())
  t.deepEqual(readdirSync(workdir('dist')).sort(), ['connectors', 'processors', 'schemas'])
  for (const path of own.files) t.true(before.has(join(image.directory, path).slice(1)), path)
})

test('it has every package that is needed in production, and none that is for development', t => {
  const found = packagesIn(workdir(''))
  t.deepEqual(
    found.filter(path => locked[path] === undefined || locked[path].dev === true),
    []
  )
  const needed = Object.entries(locked).filter(
    ([path, { dev, optional }]) => path !== '' && !dev && !optional
  )
  const missing = needed.map(([path]) => path).filter(path => !found.includes(path))
  t.deepEqual(missing, [])
  const packagesMb = diskMb(workdir('node_modules'))
  const productMb = diskMb(workdir('dist'))
  t.log(
    `node_modules ${packagesMb.toFixed(0)} MB in ${found.length} packages, dist ${productMb.toFixed(1)} MB`
  )
  t.true(packagesMb < 220, 'what makes it so large?')
})

/** A command of the image, as `kubectl exec` would run it. */
async function execute(t: ExecutionContext, ...command: string[]): Promise<string> {
  const container = new Container(root, { ...image, entrypoint: command }, [])
  t.teardown(() => container.close())
  const output = await container.output()
  t.deepEqual(await container.ended, { code: 0, stderr: '' })
  return output
}

test('`tailrace` is a command in it, of the version that its label tells', async t => {
  t.is(await execute(t, 'tailrace', '--version'), own.version)
  t.is(image.labels['org.opencontainers.image.version'], own.version)
  t.is(await execute(t, 'node', '--version'), `v${nodeVersion(stages)}`)
})

test('the native codecs of Kafka are there although no package ran its scripts', async t => {
  const script = `
    import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
    import { compressSync, uncompressSync } from 'snappy'
    const text = 'tailrace '.repeat(1000)
    console.log(decompressFrameSync(compressFrameSync(Buffer.from(text))).toString() === text)
    console.log(uncompressSync(compressSync(text)).toString() === text)`
  t.is(await execute(t, 'node', '--input-type=module', '--eval', script), 'true\ntrue')
})

/** A receiver that answers the first request at once, and the others when the test says so. */
async function startReceiver(t: ExecutionContext) {
  const waiting: ServerResponse[] = []
  const arrivedMs: number[] = []
  const server = createServer(async (request, response) => {
    await buffer(request)
    arrivedMs.push(performance.now())
    if (arrivedMs.length === 1) response.end()
    else waiting.push(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return { url: `http://127.0.0.1:${port}`, arrivedMs, waiting }
}

function writeConfig(t: ExecutionContext, config: object): void {
  const path = join(root, 'etc/tailrace')
  chmodSync(path, 0o755)
  writeFileSync(join(path, 'tailrace.yaml'), JSON.stringify(config), { mode: 0o444 }) // JSON is YAML
  chmodSync(path, 0o555)
  before = snapshot(root)
  t.true(before.has('etc/tailrace/tailrace.yaml'))
}

async function post(port: unknown): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/channels/fleet/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ ident: 'truck-1', n: 1 }])
  })
  return response.status
}

/** Starts the image, which the test's end ends; resolves once it is ready, with the port of its source. */
async function startImage(t: ExecutionContext) {
  const container = new Container(root, image)
  t.teardown(() => container.close())
  const admin = await container.logged('listener_opened', 'admin')
  const { port } = await container.logged('listener_opened', 'http')
  const readyz = () => fetch(`http://127.0.0.1:${admin.port}/readyz`).catch(() => null)
  await until('it is ready', async () => (await readyz())?.status === 200)
  return { container, port }
}

test('it starts at once, delivers, writes nothing, and SIGTERM drains it', async t => {
  const topic = uniqueName('image')
  const receiver = await startReceiver(t)
  const cluster = new Cluster(testBrokers())
  t.teardown(() => cluster.close())
  const acme = { from: ['fleet'], group: topic, start: 'earliest', target: { http: { url: receiver.url } } }
  writeConfig(t, {
    kafka: { brokers: testBrokers() },
    listen: { http: 0, admin: 0 },
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: { acme }
  })
  const startedMs = performance.now()
  const { container, port } = await startImage(t)
  const readyMs = performance.now() - startedMs
  t.is(await post(port), 200)
  await until('the first message is delivered', () => receiver.arrivedMs.length === 1)
  const deliveredMs = (receiver.arrivedMs[0] ?? Number.NaN) - startedMs
  const committed = async () => (await cluster.committed(topic, topic))[0]?.next
  await until('it is committed', async () => (await committed()) === 1)
  const [ready, delivered] = [readyMs, deliveredMs].map(ms => `${(ms / 1000).toFixed(2)} s`)
  t.log(`ready after ${ready}, first message delivered after ${delivered}`)
  t.log(`${(await container.residentMb()).toFixed(0)} MB resident at rest`)
  t.true(deliveredMs < 5_000, 'with Kafka at hand the first message is delivered within 5 s')
  if (process.getuid?.() === 0) t.is(await container.identity(), image.user)

  t.is(await post(port), 200)
  await until('the second message is on its way', () => receiver.waiting.length === 1)
  container.terminate()
  await container.logged('service_stopping')
  t.false(container.hasEnded, 'it waits for what is in flight')
  receiver.waiting[0]?.end()
  t.deepEqual(await container.ended, { code: 0, stderr: '' })
  t.is(await committed(), 2)
  t.deepEqual(snapshot(root), before)
})
