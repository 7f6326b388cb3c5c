// One node of a local Kafka: a Java process that can be killed and started again on the same port and data, as an
// operating system or an operator would do it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultError } from '../../../schemas/errors.ts'
import type { Guard } from './guard.ts'
import type { NodePlan } from './properties.ts'
import { tailLines } from './run.ts'
import { waitUntilServing } from './serving.ts'

/** Generous, for a busy machine: an idle one needs 3 to 10 s. */
const startTimeoutMs = 120_000

/** A broker that has not ended by itself after this is killed: its data survives that. */
const endTimeoutMs = 15_000

export interface NodeOptions {
  readonly plan: NodePlan
  readonly jars: string
  readonly heapMb: number
  readonly guard: Guard
  /** Called when the process ends although nobody asked it to. */
  readonly onCrash: (fault: FaultError) => void
}

export class LocalNode {
  readonly id: number
  /** `host:port` of the listener without TLS and credentials. */
  readonly broker: string
  readonly #options: NodeOptions
  #child: ChildProcess | undefined
  #ending = false

  constructor(options: NodeOptions) {
    this.id = options.plan.id
    this.broker = `127.0.0.1:${options.plan.ports.plaintext}`
    this.#options = options
  }

  /** The process id, or undefined while the node is down. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts the node and resolves once it lists `nodeIds` (default: itself) as alive. Throws `local_kafka_failed`. */
  async start(nodeIds: readonly number[] = [this.id], signal?: AbortSignal): Promise<void> {
    if (this.#child !== undefined) return
    const ended = this.#spawn()
    const timeout = AbortSignal.timeout(startTimeoutMs)
    const reasons = [timeout, ended, ...(signal ? [signal] : [])]
    try {
      await waitUntilServing(this.broker, nodeIds, AbortSignal.any(reasons))
    } catch (error) {
      if (signal?.aborted) throw error
      throw await this.#fault(
        ended.aborted ? 'ended while starting' : `did not serve in ${startTimeoutMs} ms`
      )
    }
  }

  /** Ends the node as a power cut would (SIGKILL) and resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends the node in an orderly way (SIGTERM), or by force when that takes too long. */
  async end(): Promise<void> {
    const force = setTimeout(() => void this.kill(), endTimeoutMs)
    await this.#end('SIGTERM')
    clearTimeout(force)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#ending = true
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  /** Starts the process; the signal handed back fires when it is gone. */
  #spawn(): AbortSignal {
    const { plan, jars, heapMb, guard } = this.#options
    const log = openSync(this.#logFile, 'a')
    // Java unpacks native libraries for its compressions, and leaves them there when it is killed.
    const temporary = `-Djava.io.tmpdir=${plan.dir}`
    const args = [...javaArgs(jars, heapMb), temporary, 'kafka.Kafka', join(plan.dir, 'server.properties')]
    // Detached: a Ctrl-C on the terminal must reach this process only, which then stops the brokers in order.
    const child = spawn('java', args, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    const { pid } = child
    if (pid !== undefined) guard.watch(pid)
    this.#child = child
    this.#ending = false
    const ended = new AbortController()
    const gone = () => {
      if (pid !== undefined) guard.forget(pid)
      this.#child = undefined
      ended.abort()
      if (!this.#ending) void this.#fault('ended by itself').then(this.#options.onCrash)
    }
    child.once('exit', gone)
    child.once('error', gone) // It could not be started at all.
    return ended.signal
  }

  get #logFile(): string {
    return join(this.#options.plan.dir, 'kafka.log')
  }

  async #fault(what: string): Promise<FaultError> {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '')
    const tail = log.trimEnd().split('\n').slice(-tailLines).join('\n')
    return new FaultError('local_kafka_failed', {
      detail: `node ${this.id} ${what}; the end of its log:\n${tail}`
    })
  }
}

/** What every Java process of Kafka is started with, up to the name of its main class. */
export function javaArgs(jars: string, heapMb: number): string[] {
  return [
    `-Xmx${heapMb}m`,
    '-XX:-UsePerfData', // No file of measurements in the temporary directory of the machine.
    '-XX:TieredStopAtLevel=1', // Starts faster, and leaves the processors to the program under test.
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
    '-cp',
    `${jars}/*`
  ]
}
