// A process as a container of the image would run it: the ENTRYPOINT and CMD of the last stage on the Node in its root folder,
// with no other environment than the image's, as the user of the image where we may change to it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Guard } from '../../../connectors/kafka/local/guard.ts'
import type { Stage } from './dockerfile.ts'
import { inside } from './stages.ts'

export interface LogLine {
  readonly event: string
  readonly [field: string]: unknown
}

export class Container {
  readonly #child: ChildProcess
  readonly #guard = new Guard(undefined)
  readonly #lines
  /** The exit code, and all of standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>

  /** `args` take the place of CMD. */
  constructor(root: string, stage: Stage, args: readonly string[] = stage.command) {
    // Absolute paths are those of the image.
    const [file = '', ...rest] = [...stage.entrypoint, ...args].map(arg =>
      arg.startsWith('/') ? join(root, arg) : arg
    )
    const child = spawn(file, rest, {
      cwd: join(root, stage.directory),
      env: containerEnv(root, stage),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...identity(stage)
    })
    if (child.pid !== undefined) this.#guard.watch(child.pid)
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    this.ended = Promise.all([once(child, 'close'), text(child.stderr)]).then(([, stderr]) => ({
      code: child.exitCode,
      stderr
    }))
  }

  /** The next line of the log of this event, and of this kind of listener. */
  async logged(event: string, kind?: string): Promise<LogLine> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done === true) throw new Error(`it ended before ${event}: ${(await this.ended).stderr}`)
      const line: LogLine = JSON.parse(value)
      if (line.event === event && (kind === undefined || line.kind === kind)) return line
    }
  }

  /** What it printed, once it has ended. */
  async output(): Promise<string> {
    const lines: string[] = []
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next())
      lines.push(next.value)
    return lines.join('\n')
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  terminate(): void {
    this.#child.kill('SIGTERM')
  }

  /** Resident memory in MB. */
  async residentMb(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }

  /** The user and the group that it runs as. */
  async identity(): Promise<string> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return [/Uid:\s+(\d+)/, /Gid:\s+(\d+)/].map(pattern => pattern.exec(status)?.[1]).join(':')
  }

  /** Ends it if it still runs. */
  async close(): Promise<void> {
    await this.#guard.close()
  }
}

/** A container has no folder for temporary files unless one is mounted, and an unknown user has no home. */
function containerEnv(root: string, { env }: Stage): NodeJS.ProcessEnv {
  const missing = join(root, 'there-is-no-such-folder')
  return { ...env, PATH: `${inside(root, env.PATH ?? '')}:/usr/bin:/bin`, TMPDIR: missing, HOME: missing }
}

/** The user of the image. Only root may become somebody else. */
function identity({ user }: Stage): { uid?: number; gid?: number } {
  const [uid, gid] = user.split(':').map(Number)
  if (process.getuid?.() !== 0 || uid === undefined || gid === undefined) return {}
  return { uid, gid }
}
