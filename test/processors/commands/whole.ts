// A command that is run to its end: with its output, its exit code, and files in a folder of its own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { packageRoot } from '../../../processors/commands/package-root.ts'

/** Runs `tailrace` with these arguments. */
export async function tailrace(args: readonly string[], cwd: string) {
  const child = spawn(process.execPath, [packageRoot('dist/processors/main.js'), ...args], {
    cwd,
    env: { ...process.env, FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}

/** A folder with these files, which goes away with the test. */
export function folder(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'tailrace-check-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}
