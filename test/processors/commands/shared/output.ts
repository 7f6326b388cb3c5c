// A command that ends by itself, with all it printed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { testBrokers } from '../../../kafka.ts'

export interface Output {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command without a terminal. */
export async function outputOf(
  args: readonly string[],
  cwd = process.cwd(),
  env: Readonly<Record<string, string>> = {}
): Promise<Output> {
  const child = spawn(process.execPath, [packageRoot('dist/processors/main.js'), ...args], {
    cwd,
    env: { ...process.env, FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}

/** A folder with these files, which goes away with the test. */
export function folder(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'tailrace-command-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

/** The path of a configuration with one stream `acme` that reads `topic` in a group of this name. */
export function configOf(t: ExecutionContext, topic: string): string {
  const target = { http: { url: 'http://127.0.0.1:1' } }
  const config = {
    kafka: { brokers: testBrokers() },
    channels: { fleet: { topic } },
    streams: { acme: { from: ['fleet'], group: topic, target } }
  }
  return join(folder(t, { 'tailrace.yaml': JSON.stringify(config) }), 'tailrace.yaml')
}
