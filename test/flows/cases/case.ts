// What a case of the flows is: a story told on a scene, in a short form for every test run and a long one for proof.

import type { Scene } from '../harness/scene.ts'

export interface Scale {
  /** Messages sent during the case at least. */
  readonly messages: number
  readonly perSecond: number
  /** Messages sent while the receiver is down. */
  readonly outage: number
  /** How often something is killed or restarted. */
  readonly faults: number
  /** How often each process is stopped in order and started again. */
  readonly restarts: number
  /** How often members join and leave. */
  readonly rounds: number
  /** How long a target hangs. */
  readonly hangMs: number
}

export const short: Scale = {
  messages: 4_000,
  perSecond: 1_000,
  outage: 5_000,
  faults: 2,
  restarts: 2,
  rounds: 1,
  hangMs: 60_000
}

export const long: Scale = {
  messages: 50_000,
  perSecond: 2_000,
  outage: 60_000,
  faults: 5,
  restarts: 10,
  rounds: 3,
  hangMs: 600_000
}

/** What a case has to say beyond the verdict on its messages. */
export interface Findings {
  /** Anything that was not as it must be. */
  readonly complaints: readonly string[]
  /** Figures worth printing. */
  readonly notes: readonly string[]
}

export const nothingElse: Findings = { complaints: [], notes: [] }

export interface FlowCase {
  readonly letter: string
  readonly title: string
  /** Nodes of the Kafka it needs for itself, as it kills them; 0: it shares one. */
  readonly nodes: 0 | 1 | 3
  run(scene: Scene, scale: Scale): Promise<Findings>
}
