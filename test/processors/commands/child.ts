// A command as a user runs it: a process with arguments, whose output comes line by line, killed when the test ends.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'

export interface Child {
  /** The next line of standard output; rejects when there is none. */
  line(): Promise<string>
  /** The next line for which `wanted` is true. */
  lineWhere(wanted: (line: string) => boolean): Promise<string>
  interrupt(): void
  signal(name: NodeJS.Signals): void
  /** Ends the process at once. */
  kill(): void
  /** The exit code, and all of standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>
}

export function startCommand(
  t: ExecutionContext,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {}
): Child {
  const child = spawn(process.execPath, [packageRoot('dist/processors/main.js'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async () => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the command printed no further line')
    return value
  }
  const lineWhere = async (wanted: (line: string) => boolean) => {
    for (;;) {
      const next = await line()
      if (wanted(next)) return next
    }
  }
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]).then(([, stderr]) => ({
    code: child.exitCode,
    stderr
  }))
  const signal = (name: NodeJS.Signals) => void child.kill(name)
  return { line, lineWhere, interrupt: () => signal('SIGINT'), signal, kill: () => signal('SIGKILL'), ended }
}
