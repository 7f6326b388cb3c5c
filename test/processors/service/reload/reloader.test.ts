// Files that change under a running service: when they are read again, and what becomes of a mistake.

import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { readConfig, type ValidConfig } from '../../../../processors/service/config/load.ts'
import { FileSet } from '../../../../processors/service/config/reading/file-set.ts'
import { type Plan, planReload } from '../../../../processors/service/reload/plan.ts'
import { Reloader } from '../../../../processors/service/reload/reloader.ts'
import type { Config } from '../../../../schemas/config.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { timeOf } from '../../passing-time.ts'
import { fixture, registry as schemas } from '../config/fixture.ts'

/** Targets of these tests can be made, and sources, unless they are insecure. */
const registry = {
  sources: schemas.sources.map(source => ({
    ...source,
    create: async (feeds: readonly { channel: string; config: unknown }[]) => {
      const wrong = feeds.find(({ config }) => (config as { insecure?: boolean }).insecure)
      const path = `channels.${wrong?.channel}.sources.http.insecure`
      if (wrong !== undefined) throw new FaultError('config_invalid', { path, detail: 'is not wanted here' })
      return { stop: async () => {} } as never // nothing else is called
    }
  })),
  targets: schemas.targets.map(target => ({
    ...target,
    create: async (config: unknown) => {
      if (String((config as { bearer?: string }).bearer).includes(' '))
        throw new FaultError('config_invalid', { path: 'bearer', detail: 'must be one word' })
      return { close: async () => {} } as never // nothing else is called
    }
  }))
}

const text = (maxMessages: number | string, bearer = '${file:token}') =>
  `kafka: { brokers: ["localhost:9092"] }
channels: { fleet: {} }
streams: { acme: { from: [fleet], target: { http: { url: "https://a.example", maxMessages: ${maxMessages}, bearer: "${bearer}" } } } }
`

/** Takes what it is given, unless it is told to refuse. */
class FakeService {
  readonly applied: Config[]
  fault: Error | null = null
  refused = ''

  constructor(first: Config) {
    this.applied = [first]
  }

  async reload(next: ValidConfig): Promise<Plan> {
    if (this.fault !== null) throw this.fault
    const plan = planReload(this.applied.at(-1) ?? next.config, next.config)
    this.applied.push(next.config)
    return plan
  }

  readonly generation = {
    refuse: (reasons: readonly string[]): boolean => {
      const isNew = this.refused !== reasons.join()
      this.refused = reasons.join()
      return isNew
    }
  }
}

function setUp(t: ExecutionContext, { watches = true } = {}) {
  const { folder } = fixture(t, { 'a.yaml': text(1), token: 'first-token' })
  const [clock, mask, files] = [new VirtualClock(), new Mask([]), new FileSet()]
  const logged: [string, string][] = []
  const loaded = readConfig(folder, { registry, env: {}, files })
  if (loaded.kind === 'invalid') throw new Error('the first is valid')
  const service = new FakeService(loaded.config)
  const log = (name: string, fields: object = {}) => logged.push([name, JSON.stringify(fields)])
  const reloader = new Reloader({ path: folder, registry, env: {}, files, mask, clock, log, service })
  reloader.start({ watches })
  t.teardown(() => reloader.stop())
  const { applied } = service
  return { ...{ reloader, mask, service, applied, logged }, ...handsOn(folder), ...timeOf(clock, logged) }
}

const handsOn = (folder: string) => ({
  write: (name: string, content: string) => writeFileSync(join(folder, name), content),
  move: (from: string, to: string) => renameSync(join(folder, from), join(folder, to)),
  remove: (name: string) => rmSync(join(folder, name))
})

const sizes = (applied: readonly Config[]) =>
  applied.map(
    ({ streams }) => (streams.acme?.target.http as { maxMessages?: number } | undefined)?.maxMessages
  )

test('a change is applied, with what it means in the log', async t => {
  const { applied, logged, logs, write } = setUp(t)
  write('a.yaml', text(2))
  await logs(1)
  t.deepEqual(sizes(applied), [1, 2])
  t.deepEqual(logged, [
    ['config_applied', '{"started":[],"stopped":[],"restarted":{"acme":"target.http.maxMessages"},"kept":0}']
  ])
})

test('a secret in a file of its own is a change, and is masked before anything is said of it', async t => {
  const { applied, logs, mask, write } = setUp(t)
  write('token', 'second-token')
  await logs(1)
  t.is(applied.length, 2)
  t.is(mask.apply('second-token'), '***')
})

test('files that come, go and are swapped in a folder are noticed', async t => {
  const { applied, logs, write, move, remove } = setUp(t)
  write('more.yaml', 'streams: { bolt: { from: [fleet], target: { http: { url: "https://b.example" } } } }')
  await logs(1)
  t.deepEqual(Object.keys(applied.at(-1)?.streams ?? {}), ['acme', 'bolt'])
  remove('more.yaml')
  write('next', text(5))
  move('next', 'a.yaml')
  await logs(2)
  t.deepEqual(Object.keys(applied.at(-1)?.streams ?? {}), ['acme'])
  t.is(sizes(applied).at(-1), 5)
})

test('a mistake is refused with its place, the one before stays, and what is mended is applied', async t => {
  const { applied, logged, logs, service, write } = setUp(t)
  write('a.yaml', text('many'))
  await logs(1)
  t.deepEqual(sizes(applied), [1])
  t.regex(
    logged[0]?.join() ?? '',
    /config_refused.*a\.yaml:3:\d+ streams\.acme\.target\.http\.maxMessages must be/
  )
  t.regex(service.refused, /must be/)
  write('a.yaml', text(3))
  await logs(2)
  t.deepEqual(sizes(applied), [1, 3])
})

test('a mistake that only a connector finds, and a file that is gone, are refused too', async t => {
  const { applied, logged, logs, remove, write } = setUp(t)
  write('a.yaml', text(1, 'two words'))
  await logs(1)
  t.regex(logged[0]?.[1] ?? '', /streams\.acme\.target\.http\.bearer must be one word/)
  remove('a.yaml')
  await logs(2)
  t.regex(logged[1]?.[1] ?? '', /no \.yaml or \.yml file/)
  t.is(applied.length, 1)
})

test('what only a source finds is refused before the service, which would make topics, is asked', async t => {
  const { applied, logged, logs, write } = setUp(t)
  write('b.yaml', 'channels: { depot: { sources: [{ http: { insecure: true } }] } }')
  await logs(1)
  t.regex(
    logged[0]?.join() ?? '',
    /config_refused.*b\.yaml:1:\d+ channels\.depot\.sources\[0\]\.http\.insecure is not wanted here/
  )
  t.is(applied.length, 1)
  write('b.yaml', 'channels: { depot: { sources: [{ http: {} }] } }')
  await logs(2)
  t.deepEqual(Object.keys(applied.at(-1)?.channels ?? {}), ['fleet', 'depot'])
})

test('a missing secret is refused, and its coming is noticed', async t => {
  const { applied, logged, logs, remove, write } = setUp(t)
  remove('token')
  await logs(1)
  t.regex(logged[0]?.[1] ?? '', /needs the file token, which does not exist/)
  write('token', 'third-token')
  await logs(2)
  t.is(applied.length, 2)
})

test('while Kafka is away it is told once and tried again', async t => {
  const { applied, service, logged, logs, pass, write } = setUp(t)
  service.fault = new FaultError('kafka_unreachable')
  write('a.yaml', text(2))
  await logs(1)
  await pass(5)
  t.is(logged.length, 1)
  service.fault = null
  await logs(2)
  t.deepEqual(sizes(applied), [1, 2])
})

test('what a service refuses is not tried again before the files change', async t => {
  const { applied, service, logged, logs, pass, write } = setUp(t)
  service.fault = new FaultError('config_needs_restart', { detail: 'kafka.brokers' })
  write('a.yaml', text(2))
  await logs(1)
  service.fault = null
  await pass(5)
  t.is(logged.length, 1)
  t.is(applied.length, 1)
})

test('without watching, only what is asked for is read, changed or not', async t => {
  const { applied, logged, pass, reloader, write } = setUp(t, { watches: false })
  write('a.yaml', text(2))
  await pass(5)
  t.is(applied.length, 1)
  await reloader.now()
  t.deepEqual(sizes(applied), [1, 2])
  await reloader.now()
  t.is(logged.at(-1)?.[0], 'config_unchanged')
})
