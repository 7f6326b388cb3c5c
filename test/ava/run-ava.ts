// Runs AVA as a process of its own and hands on what it reports, line by line.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Guard } from '../../connectors/kafka/local/guard.ts'
import { packageRoot } from '../../processors/commands/package-root.ts'
import { AvaReport } from './report.ts'

export interface AvaRun {
  readonly arguments: readonly string[]
  /** Besides those of this process. */
  readonly env: Readonly<Record<string, string>>
  readonly colour: boolean
  readonly signal: AbortSignal
  onLine(line: string): void
}

/**
 * Longer than any test may take. AVA's own time-out ends for good when it falls into the time that some test asked for
 * with `t.timeout()`: a test that hangs is then neither named nor ended.
 */
const silenceMs = 660_000

/** The totals, once AVA and everything that it started has ended. */
export async function runAva(run: AvaRun): Promise<{ passed: number; failed: number }> {
  const colour = run.colour ? '--color' : '--no-color'
  const ava = spawn(process.execPath, [packageRoot('node_modules/.bin/ava'), colour, ...run.arguments], {
    cwd: packageRoot('.'),
    env: { ...process.env, ...run.env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  // Watched as a group: a test that hangs would outlive AVA.
  const guard = new Guard(undefined)
  if (ava.pid !== undefined) guard.watch(-ava.pid)
  run.signal.addEventListener('abort', () => guard.close(), { once: true })
  const report = new AvaReport()
  // Interrupted, AVA names the tests that are pending and ends their processes; a few seconds later the guard does.
  const silence = setTimeout(() => {
    ava.kill('SIGINT')
    setTimeout(() => guard.close(), 10_000).unref()
  }, silenceMs)
  createInterface({ input: ava.stdout }).on('line', line => {
    silence.refresh()
    report.read(line)
    run.onLine(line)
  })
  const [exitCode] = await once(ava, 'close')
  clearTimeout(silence)
  await guard.close()
  return report.end(exitCode)
}
