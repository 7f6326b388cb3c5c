// A real Apache Kafka on this machine without Docker: for `tailrace kafka`, the demo and every test that speaks of
// Kafka. It needs Java, and Maven once; it listens on loopback only, and leaves nothing behind.

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FaultError } from '../../../schemas/errors.ts'
import { exists } from './cache.ts'
import { Guard } from './guard.ts'
import { kafkaJars, kafkaVersion } from './jars.ts'
import { requireJava } from './java.ts'
import { javaArgs, LocalNode } from './node.ts'
import { freePorts, requireFree } from './ports.ts'
import { type ClusterPlan, logDir, type NodePlan, serverProperties } from './properties.ts'
import { run } from './run.ts'
import { type LocalSecurity, prepareSecurity } from './security.ts'

export interface LocalKafkaOptions {
  readonly nodes?: 1 | 3
  /** Kept, and used again by the next start. Without it the data is temporary and removed at the end. */
  readonly dataDir?: string | undefined
  /** The port of the first broker; the others follow. Free ports if undefined. */
  readonly firstPort?: number | undefined
  /** Adds listeners that demand TLS or credentials. */
  readonly security?: boolean
  /** Further broker properties; they win over the built-in ones. */
  readonly properties?: Readonly<Record<string, string>>
  /** Where jars are kept between runs. Default: `tailrace` in the user's cache directory. */
  readonly cacheDir?: string | undefined
  /** Told what is being waited for, one line at a time. */
  readonly progress?: (line: string) => void
  /** Gives up the start; what was begun is cleaned up. */
  readonly signal?: AbortSignal | undefined
}

export interface LocalKafka {
  /** `host:port` of every node, those that are down included. */
  readonly brokers: readonly string[]
  readonly nodes: readonly LocalNode[]
  readonly security: LocalSecurity | undefined
  /** Resolves when a node ends without having been asked to; never rejects. */
  readonly crashed: Promise<FaultError>
  /** Ends every node and removes temporary data. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts Apache Kafka and resolves when every node serves. Throws `java_missing`, `maven_missing`,
 * `listen_failed` or `local_kafka_failed`; nothing runs or remains then.
 */
export async function startLocalKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const { progress = () => {}, signal, nodes: count = 1 } = options
  await requireJava(signal)
  const jars = await kafkaJars({ progress, signal, cacheDir: options.cacheDir })
  progress(`Starting Apache Kafka ${kafkaVersion}, ${count === 1 ? 'one node' : `${count} nodes`}`)
  for (let triesLeft = 2; ; triesLeft--) {
    try {
      return await startOnce(jars, options)
    } catch (error) {
      // Ports that were free are sometimes taken by another process before the brokers listen on them.
      const mayPass = options.firstPort === undefined && isPortTaken(error)
      if (!mayPass || triesLeft === 0 || signal?.aborted) throw error
    }
  }
}

async function startOnce(jars: string, options: LocalKafkaOptions): Promise<LocalKafka> {
  const { signal, dataDir } = options
  const dir = dataDir === undefined ? await mkdtemp(join(tmpdir(), 'tailrace-kafka-')) : resolve(dataDir)
  const guard = new Guard(dataDir === undefined ? dir : undefined)
  try {
    const plan = await planCluster(dir, options)
    await Promise.all(plan.nodes.map(node => prepareNode(plan, node, { jars, signal })))
    return await startNodes(plan, { jars, guard, signal, keep: dataDir !== undefined })
  } catch (error) {
    await guard.close()
    throw error
  }
}

function isPortTaken(error: unknown): boolean {
  if (!(error instanceof FaultError)) return false
  return error.code === 'listen_failed' || (error.detail ?? '').includes('Address already in use')
}

async function planCluster(dir: string, options: LocalKafkaOptions): Promise<ClusterPlan> {
  const { nodes: count = 1, firstPort, signal } = options
  await mkdir(dir, { recursive: true })
  const clusterId = await clusterIdOf(dir, count)
  const ports = await freePorts(5 * count)
  const take = () => ports.pop() ?? 0
  const nodes: NodePlan[] = []
  for (let id = 1; id <= count; id++) {
    const plaintext = firstPort === undefined ? take() : firstPort + id - 1
    const secured = { tls: take(), saslPlain: take(), saslScram: take() }
    nodes.push({ id, dir: join(dir, `node-${id}`), ports: { plaintext, controller: take(), ...secured } })
  }
  await requireFree(nodes.map(node => node.ports.plaintext))
  const security = options.security ? await prepareSecurity(dir, signal) : undefined
  return { clusterId, nodes, security, extra: options.properties ?? {} }
}

/** The identity of the cluster in `dir`, a new one if there is none. Data of another number of nodes is refused. */
async function clusterIdOf(dir: string, nodes: number): Promise<string> {
  const file = join(dir, 'cluster.json')
  if (!(await exists(file))) {
    const clusterId = newClusterId()
    await writeFile(file, `${JSON.stringify({ clusterId, nodes })}\n`)
    return clusterId
  }
  const kept = JSON.parse(await readFile(file, 'utf8'))
  if (kept.nodes !== nodes) {
    const detail = `the data is of ${kept.nodes} node(s), not of ${nodes}`
    throw new FaultError('local_kafka_failed', { path: dir, detail })
  }
  return kept.clusterId
}

/** Kafka's own form: 16 random bytes in base64url, not beginning with a dash, which would look like an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}

interface PrepareOptions {
  readonly jars: string
  readonly signal: AbortSignal | undefined
}

/** Writes a node's properties and formats its storage unless that was done by an earlier start. */
async function prepareNode(
  plan: ClusterPlan,
  node: NodePlan,
  { jars, signal }: PrepareOptions
): Promise<void> {
  await mkdir(node.dir, { recursive: true })
  const file = join(node.dir, 'server.properties')
  await writeFile(file, serverProperties(plan, node))
  if (await exists(join(logDir(node), 'meta.properties'))) return
  const format = ['kafka.tools.StorageTool', 'format', '-t', plan.clusterId, '-c', file]
  const args = [...javaArgs(jars, 256), ...format, ...(plan.security?.formatArgs ?? [])]
  const { code, tail } = await run('java', args, { signal })
  if (code !== 0) throw new FaultError('local_kafka_failed', { detail: `formatting failed\n${tail}` })
}

interface StartOptions extends PrepareOptions {
  readonly guard: Guard
  /** Whether the data is wanted afterwards, so that nodes must end in an orderly way. */
  readonly keep: boolean
}

async function startNodes(plan: ClusterPlan, options: StartOptions): Promise<LocalKafka> {
  const { jars, guard, signal, keep } = options
  const heapMb = plan.nodes.length === 1 ? 512 : 384
  let onCrash: (fault: FaultError) => void = () => {}
  const crashed = new Promise<FaultError>(resolve => {
    onCrash = resolve
  })
  const nodes = plan.nodes.map(node => new LocalNode({ plan: node, jars, heapMb, guard, onCrash }))
  const stop = async () => {
    await Promise.all(nodes.map(node => (keep ? node.end() : node.kill())))
    await guard.close()
  }
  try {
    const ids = nodes.map(node => node.id)
    await Promise.all(nodes.map(node => node.start(ids, signal)))
  } catch (error) {
    await stop()
    throw error
  }
  return { brokers: nodes.map(node => node.broker), nodes, security: securityOf(plan), crashed, stop }
}

function securityOf({ security, nodes: [first] }: ClusterPlan): LocalSecurity | undefined {
  if (security === undefined || first === undefined) return undefined
  const { tls, saslPlain, saslScram } = first.ports
  return {
    tls: `127.0.0.1:${tls}`,
    saslPlain: `127.0.0.1:${saslPlain}`,
    saslScram: `127.0.0.1:${saslScram}`,
    caPem: security.caPem,
    username: security.username,
    password: security.password
  }
}
