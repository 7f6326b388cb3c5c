// Installs what the tests need and the machine lacks; Debian only, and only as root.

import { spawnSync } from 'node:child_process'

/** Tells whether the packages are there now. The lists of packages are brought up to date only where that is needed. */
export function install(...packages: readonly string[]): boolean {
  const installs = () => apt('install', '-y', '--no-install-recommends', ...packages)
  return installs() || (apt('update') && installs())
}

function apt(...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-qq', '-o', 'DPkg::Lock::Timeout=300']
  return (
    spawnSync('apt-get', [...wait, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  )
}
