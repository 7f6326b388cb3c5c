// What `npm ci` does on a machine that has only what README.md asks for.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { packageRoot } from '../processors/commands/package-root.ts'

interface Locked {
  readonly engines?: { readonly node?: string }
}

const own = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8'))
const { packages }: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync(packageRoot('package-lock.json'), 'utf8')
)

/** As one number, so that versions compare. */
const numberOf = (version: string) =>
  version.split('.').reduce((sum, part, index) => sum + (Number(part) || 0) / 1000 ** index, 0)

/** Whether a version is in a range of the forms that packages use for Node. */
function admits(range: string, version: string): boolean {
  const v = numberOf(version)
  const meets = (comparator: string) => {
    const [, sign = '', bound = ''] = /^([<>=^]*)(.*)$/.exec(comparator) ?? []
    if (bound === '*') return true
    if (sign === '>=') return v >= numberOf(bound)
    if (sign === '<') return v < numberOf(bound)
    if (sign === '<=') return v < Math.floor(numberOf(bound)) + 1 // 24 stands for all of 24.x
    return v >= numberOf(bound) && v < Math.floor(numberOf(bound)) + 1
  }
  const comparators = (part: string) =>
    part
      .replace(/([<>=^]) +/g, '$1')
      .trim()
      .split(/ +/)
  return range.split('||').some(part => comparators(part).every(meets))
}

test('every package that is installed supports the oldest Node that we support', t => {
  const oldest = /\d+\.\d+/.exec(own.engines.node)?.[0] ?? ''
  const refusing = Object.entries(packages).filter(([, { engines }]) => !admits(engines?.node ?? '*', oldest))
  t.deepEqual(refusing.map(([path]) => path).sort(), [])
})

/** Runs what npm runs after an installation in a folder that has this compiler, or none. */
function prepare(t: ExecutionContext, compiler: string | null) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-package-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { build, prepare } = own.scripts
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { build, prepare } }))
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  if (compiler !== null) writeFileSync(join(folder, 'node_modules/.bin/tsc'), compiler, { mode: 0o755 })
  const { status } = spawnSync('npm', ['run', '-s', 'prepare'], { cwd: folder })
  return { status, isBuilt: existsSync(join(folder, 'dist')) }
}

test('an installation builds the command, and one without the compiler leaves it as it is', t => {
  t.deepEqual(prepare(t, '#!/bin/sh\nmkdir dist'), { status: 0, isBuilt: true })
  t.deepEqual(prepare(t, null), { status: 0, isBuilt: false })
  t.is(prepare(t, '#!/bin/sh\nexit 1').status, 1)
})
