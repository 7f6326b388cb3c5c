// What a process tells of what expires in its configuration: where, when, and never what.

import test, { type ExecutionContext } from 'ava'
import { registry } from '../../../../connectors/registry.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { loadConfig } from '../../../../processors/service/config/load.ts'
import { Expiries } from '../../../../processors/service/expiry/expiries.ts'
import { Metrics } from '../../../../processors/service/metrics/metrics.ts'
import { makeCertificates } from '../../../certificates.ts'
import { uniqueName } from '../../../kafka.ts'
import { createService, startReceiver, writeConfig } from '../start.ts'

const dayMs = 86_400_000
const { ca, cert, key } = makeCertificates()

/** An access token of the HTTP target that expires at a time. */
const tokenUntil = (atMs: number, lifeMs = 365 * dayMs) =>
  [{ alg: 'none' }, { iat: (atMs - lifeMs) / 1_000, exp: atMs / 1_000 }]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
    .concat('.')

const target = (bearer: string) => ({ http: { url: 'https://acme.example', bearer, tls: { ca, cert, key } } })

function configWith(t: ExecutionContext, bearer: string) {
  const written = {
    kafka: { brokers: ['kafka:9092'], tls: { ca } },
    listen: { tls: { cert, key, clientCa: ca } },
    channels: { fleet: {} },
    streams: { acme: { from: ['fleet'], target: target(bearer) } }
  }
  return loadConfig(writeConfig(t, written), { registry, env: {} }).config
}

function open(nowMs: number) {
  const clock = new VirtualClock({ nowMs })
  const logged: unknown[][] = []
  const metrics = new Metrics('1')
  const expiries = new Expiries({
    ...{ clock, metrics },
    log: (...line) => void logged.push(line)
  })
  return { clock, logged, metrics, expiries }
}

/** The paths of the last line, with the whole days that it says are left. */
const daysLeft = (logged: readonly unknown[][]) => {
  const [, fields] = logged.at(-1) as [string, { expiries: { path: string; secondsLeft: number }[] }] // as it is logged
  return fields.expiries.map(({ path, secondsLeft }) => [path, Math.floor((secondsLeft * 1_000) / dayMs)])
}

test('every certificate and token is told by its path, the first to expire first', t => {
  const nowMs = Date.now()
  const { expiries } = open(nowMs)
  expiries.watch(configWith(t, tokenUntil(nowMs + dayMs)))
  t.deepEqual(
    expiries.report().map(({ path, kind }) => [kind, path]),
    [
      ['token', 'streams.acme.target.http.bearer'],
      ['certificate', 'kafka.tls.ca'],
      ['certificate', 'listen.tls.cert'],
      ['certificate', 'listen.tls.clientCa'],
      ['certificate', 'streams.acme.target.http.tls.ca'],
      ['certificate', 'streams.acme.target.http.tls.cert']
    ]
  )
  t.like(expiries.report()[0], {
    expires: new Date(nowMs + dayMs).toISOString(),
    secondsLeft: dayMs / 1_000
  })
  expiries.stop()
})

test('what has less than 14 days is told at once and every day, also after it has expired, until it is renewed', async t => {
  const nowMs = Date.UTC(2020, 0, 1) // the certificates are good for years
  const { clock, logged, expiries } = open(nowMs)
  const path = 'streams.acme.target.http.bearer'
  expiries.watch(configWith(t, tokenUntil(nowMs + 15 * dayMs)))
  t.deepEqual(logged, [])
  await clock.advance(2 * dayMs)
  t.deepEqual([logged.length, daysLeft(logged)], [1, [[path, 13]]])
  await clock.advance(14 * dayMs)
  t.deepEqual([logged.length, daysLeft(logged)], [15, [[path, -1]]])
  expiries.watch(configWith(t, tokenUntil(nowMs + 90 * dayMs)))
  await clock.advance(5 * dayMs)
  t.is(logged.length, 15)
  expiries.watch(configWith(t, tokenUntil(nowMs + 22 * dayMs)))
  t.deepEqual([logged.length, daysLeft(logged)], [16, [[path, 1]]])
  expiries.stop()
  t.is(clock.waiting, 0)
})

test('a service shows what expires in /status and /metrics, anew after a reload, and never a value', async t => {
  const receiver = await startReceiver(t)
  const topic = uniqueName('expiry')
  const [soonMs, lateMs] = [1_900_000_000_000, 2_000_000_000_000]
  const parts = (bearer?: string) => ({
    channels: { fleet: { topic, partitions: 1 } },
    streams: { acme: { from: ['fleet'], group: topic, target: { http: { url: receiver.url, bearer } } } }
  })
  const running = createService(t, parts(tokenUntil(soonMs, dayMs)))
  await running.service.start()
  const page = async (name: string) => (await fetch(`${running.adminUrl()}/${name}`)).text()
  const labels = 'path="streams.acme.target.http.bearer",kind="token"'
  const told = () => running.service.status().config.expiries?.map(({ expires }) => Date.parse(expires))
  t.deepEqual(told(), [soonMs])
  t.true((await page('metrics')).includes(`tailrace_expiry_timestamp_seconds{${labels}} 1900000000\n`))
  t.true((await page('metrics')).includes(`tailrace_expiry_life_seconds{${labels}} 86400\n`))
  await running.reload(parts(tokenUntil(lateMs)))
  t.deepEqual(told(), [lateMs])
  const [metrics, status] = [await page('metrics'), await page('status')]
  t.true(metrics.includes(`tailrace_expiry_timestamp_seconds{${labels}} 2000000000\n`))
  t.false(`${metrics}${status}`.includes('eyJ'))
  await running.reload(parts())
  t.is(told(), undefined)
  t.false((await page('metrics')).includes('tailrace_expiry_timestamp_seconds{'))
})

test('a reload that ends after the stop leaves no timer behind', t => {
  const nowMs = Date.now()
  const { clock, expiries, logged } = open(nowMs)
  const config = configWith(t, tokenUntil(nowMs + dayMs))
  expiries.watch(config)
  expiries.stop()
  expiries.watch(config)
  t.is(clock.waiting, 0)
  t.is(logged.length, 1)
})
