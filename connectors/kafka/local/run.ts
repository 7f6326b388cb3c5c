// Runs one short-lived program to its end and hands back what it printed. Everything the local Kafka needs besides
// its brokers (Maven, the storage formatter, keytool) goes through here.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with every line of standard output. */
  readonly onLine?: (line: string) => void
}

export interface RunResult {
  readonly code: number | null
  /** The last lines of standard output and standard error together. */
  readonly tail: string
}

/** How many lines of a program's output are worth showing when it fails. */
export const tailLines = 15

/** Runs a program without a shell. Rejects when it cannot be started (`ENOENT`) or when `signal` fires. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const { signal, onLine } = options
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) })
    const last: string[] = []
    const keep = (line: string) => {
      last.push(line)
      if (last.length > tailLines) last.shift()
    }
    createInterface({ input: child.stdout }).on('line', line => {
      keep(line)
      onLine?.(line)
    })
    createInterface({ input: child.stderr }).on('line', keep)
    child.once('error', reject)
    child.once('close', code => resolve({ code, tail: last.join('\n') }))
  })
}

/** Whether an error means that the program does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
