// Writes the server.properties of a node: combined broker and controller, everything on loopback. Names and meanings
// are those of Kafka's broker configuration reference.

import type { SecurityFiles } from './security.ts'

/** One node of a cluster: where it keeps its files and where it listens. */
export interface NodePlan {
  readonly id: number
  readonly dir: string
  readonly ports: NodePorts
}

interface NodePorts {
  readonly plaintext: number
  readonly controller: number
  readonly tls: number
  readonly saslPlain: number
  readonly saslScram: number
}

export interface ClusterPlan {
  readonly clusterId: string
  readonly nodes: readonly NodePlan[]
  readonly security: SecurityFiles | undefined
  /** Properties of the caller; they win. */
  readonly extra: Readonly<Record<string, string>>
}

/** The text of one node's server.properties. */
export function serverProperties(plan: ClusterPlan, node: NodePlan): string {
  const properties = {
    ...identity(plan, node),
    ...listeners(plan, node),
    ...durability(plan.nodes.length),
    ...smallMachine,
    ...plan.security?.properties,
    ...plan.extra
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Where a node keeps its logs. */
export function logDir(node: NodePlan): string {
  return `${node.dir}/data`
}

function identity(plan: ClusterPlan, node: NodePlan): Record<string, string> {
  const voters = plan.nodes.map(({ id, ports }) => `${id}@127.0.0.1:${ports.controller}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': voters.join(','),
    'log.dirs': logDir(node)
  }
}

function listeners({ security }: ClusterPlan, { ports }: NodePlan): Record<string, string> {
  const open = [`PLAINTEXT://127.0.0.1:${ports.plaintext}`]
  if (security !== undefined) {
    open.push(`TLS://127.0.0.1:${ports.tls}`)
    open.push(`SASLPLAIN://127.0.0.1:${ports.saslPlain}`, `SASLSCRAM://127.0.0.1:${ports.saslScram}`)
  }
  return {
    listeners: [...open, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': open.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,SASLPLAIN:SASL_SSL,SASLSCRAM:SASL_PLAINTEXT'
  }
}

/** Three nodes keep everything three times, so that one may be lost; and a lost one is noticed in about 3 s. */
function durability(nodes: number): Record<string, string> {
  const copies = String(nodes)
  const inSync = nodes === 1 ? '1' : '2'
  return {
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500'
  }
}

/** Fewer internal partitions and a smaller cleaner start faster; a topic exists only because somebody created it. */
const smallMachine = {
  'auto.create.topics.enable': 'false',
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  'log.cleaner.dedupe.buffer.size': '16777216'
}
