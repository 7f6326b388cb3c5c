// Installs what the tests need and the machine lacks; Debian only, and only as root. No service that a package brings is
// started by that: tests start what they need themselves.

import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { nativeCode } from '../connectors/shared/tls.ts'

/** Asked by packages whether they may start a service; 101 says no (Debian policy, 9.3.3.1). */
const policyPath = '/usr/sbin/policy-rc.d'

/** Tells whether the packages are there now. The lists of packages are brought up to date only where that is needed. */
export function install(...packages: readonly string[]): boolean {
  const installs = () => apt('install', '-y', '--no-install-recommends', ...packages)
  const isOurs = forbidServices()
  try {
    return installs() || (apt('update') && installs())
  } finally {
    if (isOurs) rmSync(policyPath)
  }
}

/** What tests need of a package. */
interface Needed<T> {
  /** What people call it. */
  readonly name: string
  readonly package: string
  /** What is looked for, such as the path of a program; false or undefined where it is not there. */
  find(): T | false | undefined
}

/**
 * What is looked for, after its package was installed where that was needed and is allowed. Throws an error that names the package
 * otherwise. The test runner sees to all of them before all tests: one process must not start what another has half installed.
 */
export function requireInstalled<T>({ name, package: wanted, find }: Needed<T>): T {
  const known = find()
  if (known) return known
  const missing = `${name} is missing: apt-get install ${wanted}`
  if (process.getuid?.() !== 0) throw new Error(missing)
  process.stderr.write(`${missing}: installing it\n`)
  const found = install(wanted) && find()
  if (!found) throw new Error(missing)
  return found
}

/** False where the machine has a policy of its own, as those of containers do; that stays. */
function forbidServices(): boolean {
  try {
    writeFileSync(policyPath, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
    return true
  } catch (error) {
    if (nativeCode(error) === 'EEXIST') return false
    throw error
  }
}

function apt(...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-qq', '-o', 'DPkg::Lock::Timeout=300']
  return (
    spawnSync('apt-get', [...wait, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  )
}
