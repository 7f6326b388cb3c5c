// One real Tailrace process: started, watched through its log and its admin listener, asked to stop or killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Guard } from '../../../connectors/kafka/local/guard.ts'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import type { ServiceStatus, StreamReport } from '../../../processors/service/admin/status.ts'
import { heldEvent } from './memory/held.ts'
import { until } from './until.ts'

export interface InstanceOptions {
  readonly name: string
  /** Where its configuration and its log lie. */
  readonly dir: string
  readonly config: unknown
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[]
  /** Of its environment, beside ours. */
  readonly env?: Readonly<Record<string, string>>
  /** Ends the process when the harness dies. */
  readonly guard: Guard
  /** Told every line of its log. */
  readonly onLine?: (line: LogLine) => void
}

/** USER_HZ, which Linux fixes for everything that programs are shown. */
const ticksPerSecond = 100

/** What the harness looks at in a line of the log. */
export interface LogLine {
  readonly event?: string
  readonly kind?: string
  readonly port?: number
  readonly heldMb?: number
  /** Of an assignment: numbers of partitions. */
  readonly added?: number
  readonly kept?: number
  readonly lost?: number
  readonly pausedMs?: number
}

export class Instance {
  readonly name: string
  readonly configFile: string
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown[]>
  readonly #log: WriteStream
  readonly #logFile: string
  readonly #ports = new Map<string, number>()
  readonly #events = new Map<string, number>()
  readonly #guard: Guard
  readonly #onLine: (line: LogLine) => void
  #heldMb: number | null = null
  #isAsked = false

  private constructor(options: InstanceOptions, configFile: string) {
    this.name = options.name
    this.configFile = configFile
    this.#guard = options.guard
    this.#onLine = options.onLine ?? (() => {})
    this.#logFile = join(options.dir, `${options.name}.log`)
    this.#log = createWriteStream(this.#logFile)
    const main = packageRoot('dist/processors/main.js')
    const args = [...(options.nodeOptions ?? []), main, 'run', configFile]
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env }
    })
    this.#exit = once(this.#child, 'close') // what it logged last has come, too
    if (this.#child.pid !== undefined) this.#guard.watch(this.#child.pid)
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', line => this.#read(line))
  }

  static async start(options: InstanceOptions): Promise<Instance> {
    const file = join(options.dir, `${options.name}.yaml`)
    await writeFile(file, JSON.stringify(options.config)) // JSON is YAML
    return new Instance(options, file)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** It has ended, and nobody has asked it to. */
  get hasFailed(): boolean {
    return this.hasEnded && !this.#isAsked
  }

  /** Whether senders may POST to it. */
  get isListening(): boolean {
    return this.#ports.has('http') && !this.hasEnded
  }

  /** How often an event was logged. */
  logged(event: string): number {
    return this.#events.get(event) ?? 0
  }

  /** How often it was told which partitions it has. */
  get assignments(): number {
    return this.logged('partitions_assigned') + this.logged('partitions_lost')
  }

  /** Where it is scraped; null until it listens there. */
  get adminAddress(): string | null {
    const port = this.#ports.get('admin')
    return port === undefined ? null : `127.0.0.1:${port}`
  }

  /** Where senders POST to. */
  ingestUrl(channel: string): string {
    return `http://127.0.0.1:${this.#ports.get('http')}/channels/${channel}/messages`
  }

  /** What /status shows; null while nothing answers there. */
  async status(): Promise<ServiceStatus | null> {
    const port = this.#ports.get('admin')
    if (port === undefined) return null
    const response = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null)
    if (!response?.ok) return null
    return (await response.json()) as ServiceStatus // the service's own shape
  }

  /** The streams as /status shows them; none while nothing answers there. */
  async streams(): Promise<readonly StreamReport[]> {
    return (await this.status())?.streams ?? []
  }

  /** The first stream; null while nothing answers. */
  async stream(): Promise<StreamReport | null> {
    return (await this.streams())[0] ?? null
  }

  /** Resolves once the stream runs with at least `partitions` open partitions. */
  async running(partitions = 1): Promise<void> {
    const what = `${this.name} runs with ${partitions} partitions`
    await until(what, async () => {
      if (this.hasEnded) throw new Error(`${this.name} ended by itself`)
      const stream = await this.stream()
      const open = stream?.partitions.filter(({ state }) => state !== 'opening').length ?? 0
      return stream !== null && open >= partitions && open === stream.partitions.length
    })
  }

  /** Resolves when it has died by itself. */
  async died(): Promise<void> {
    this.#isAsked = true
    await this.#exit
    this.#guard.forget(this.pid)
    this.#log.end()
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM; resolves with the exit code. */
  async terminate(): Promise<number | null> {
    await this.#end('SIGTERM')
    return this.#child.exitCode
  }

  /** Resident memory in MB. */
  async residentMb(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }

  /** Processor time it has used, in seconds. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8')
    const [user, system] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14) // proc(5): utime, stime
    return (Number(user) + Number(system)) / ticksPerSecond
  }

  /** What it held when it told last, in MB; null where held.ts was not imported into it. */
  get heldMb(): number | null {
    return this.#heldMb
  }

  /** The last lines of its log. */
  async tail(lines = 40): Promise<string> {
    const text = await readFile(this.#logFile, 'utf8').catch(() => '')
    return [`--- ${this.name} (${this.#logFile})`, ...text.trimEnd().split('\n').slice(-lines)].join('\n')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#isAsked ||= !this.hasEnded
    if (!this.hasEnded) this.#child.kill(signal)
    await this.#exit
    this.#guard.forget(this.pid)
    this.#log.end()
  }

  #read(line: string): void {
    const parsed = parse(line)
    const { event, kind, port, heldMb } = parsed
    if (event === heldEvent) {
      this.#heldMb = heldMb ?? null
      return
    }
    if (!this.#log.writableEnded) this.#log.write(`${line}\n`)
    if (event === undefined) return
    this.#onLine(parsed)
    this.#events.set(event, this.logged(event) + 1)
    if (event === 'listener_opened' && kind !== undefined && port !== undefined) this.#ports.set(kind, port)
  }
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine // what does not have these fields counts for nothing
  } catch {
    return {}
  }
}
