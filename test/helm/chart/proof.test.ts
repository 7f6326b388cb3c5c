// `helm test` without a cluster: the configuration that the chart renders for the proof, run by two processes on a real Kafka, and
// the command line of the rendered pod against them. Only hosts, ports and paths are turned into those of this machine.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { until } from '../../flows/harness/until.ts'
import { testBrokers } from '../../kafka.ts'
import { startCommand } from '../../processors/commands/child.ts'
import { at, configurationsOf, listAt, manifestsOf, ofKind, renderValues } from './render.ts'

const values = {
  config: { kafka: { brokers: ['kafka:9092'] }, channels: {}, streams: {} },
  proof: { enabled: true, messages: 2_000, devices: 30 },
  replicas: 2
}

const main = packageRoot('dist/processors/main.js')

interface Pod {
  readonly adminPort: number
  kill(): void
}

/** A process with the rendered configuration, as one of the pods would run it. */
function startPod(t: ExecutionContext, text: string, ports: { http: number; admin: number }): Pod {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-pod-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(
    join(folder, 'tailrace.yaml'),
    local(text).replace('listen:', `listen:\n  http: ${ports.http}\n  admin: ${ports.admin}`)
  )
  const child = spawn(process.execPath, [main, 'run', folder], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  return { adminPort: ports.admin, kill: () => child.kill('SIGKILL') }
}

const tokens = mkdtempSync(join(tmpdir(), 'tailrace-proof-token-'))
writeFileSync(join(tokens, 'token'), 'proof-token')
test.after.always(() => rmSync(tokens, { recursive: true }))

/** What stands for the cluster, as it is here. */
const local = (text: string) =>
  text
    .replaceAll('kafka:9092', testBrokers().join(','))
    .replaceAll('0.0.0.0', '127.0.0.1')
    .replaceAll('/etc/tailrace-secrets/tailrace-proof', tokens)
    .replaceAll(/acme-tailrace(-proof)?\.telemetry\.svc/g, '127.0.0.1')

async function statusOf({ adminPort }: Pod): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/status`).catch(() => undefined)
  return response?.json()
}

const partitionsOf = async (pod: Pod) => listAt(await statusOf(pod), 'streams', 0, 'partitions').length

test('the command of the rendered test pod proves two pods that run the rendered configuration', async t => {
  t.timeout(240_000)
  const manifests = manifestsOf(await renderValues(values))
  const text = configurationsOf(manifests).get('acme-tailrace') ?? ''
  const [pod] = ofKind(manifests, 'Pod')
  const [http = 0, otherHttp = 0, admin = 0, otherAdmin = 0, receive = 0] = await freePorts(5)
  const deliverHere = text.replace('.svc:8090', `.svc:${receive}`)
  const pods = [
    startPod(t, deliverHere, { http, admin }),
    startPod(t, deliverHere, { http: otherHttp, admin: otherAdmin })
  ]
  await until(
    'both pods have partitions',
    async () => {
      const counts = await Promise.all(pods.map(partitionsOf))
      return counts.every(count => count > 0)
    },
    120_000
  )
  const args = listAt(pod?.spec, 'containers', 0, 'args').map(argument =>
    local(String(argument))
      .replace(':8080/', `:${http}/`)
      .replace(/^8090$/, String(receive))
  )
  const child = startCommand(t, args)
  const lines: string[] = []
  await child.lineWhere(line => lines.push(line) < 0).catch(() => {})
  t.regex(
    lines.join('\n'),
    /\nProven: all 2,000 messages of 30 devices arrived in \d+\.\d s, each device in order, none twice\.$/
  )
  t.deepEqual(await child.ended, { code: 0, stderr: '' })
  t.is(at(pod?.metadata, 'annotations', 'helm.sh/hook'), 'test')
})
