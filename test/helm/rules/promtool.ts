// promtool of Debian's prometheus: checks rules and plays them on series that are written down.

import { spawnSync } from 'node:child_process'
import { requirePrometheus } from '../../prometheus.ts'

/** Runs it; `input` goes to its standard input. */
export function promtool(args: readonly string[], input = ''): { status: number | null; said: string } {
  requirePrometheus()
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}
