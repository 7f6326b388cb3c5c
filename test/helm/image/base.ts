// The Node of the base image on this machine: the npm package that carries its executable, of the very version that
// helm/Dockerfile names, obtained once and kept beside the jars of the local Kafka.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultCacheDir, obtainOnce } from '../../../connectors/kafka/local/cache.ts'
import { run } from '../../../connectors/kafka/local/run.ts'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { readDockerfile, type Stage } from './dockerfile.ts'

/** The stages of helm/Dockerfile. */
export function imageStages(): Stage[] {
  return readDockerfile(readFileSync(packageRoot('helm/Dockerfile'), 'utf8'))
}

/** The folder that holds `node` and nothing else. Throws an Error that names the package when it cannot be had. */
export function imageNodeFolder(): Promise<string> {
  const version = nodeVersion(imageStages())
  // One package for each platform; the package "node" itself would only install one of these.
  const name = `node-${process.platform}-${process.arch}`
  return obtainOnce(join(defaultCacheDir(), `node-${version}`), async work => {
    const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', work]
    const { code, tail } = await run('npm', ['install', ...options, `${name}@${version}`])
    if (code !== 0) throw new Error(`npm install ${name}@${version} failed\n${tail}`)
    return join(work, 'node_modules', name, 'bin')
  })
}

/** Of the image that all stages begin with. */
export function nodeVersion(stages: readonly Stage[]): string {
  const images = new Set(stages.map(({ image }) => image))
  const [version, ...others] = Array.from(images, image => /^node:(\d+\.\d+\.\d+)-slim$/.exec(image)?.[1])
  if (version === undefined || others.length > 0)
    throw new Error(`the stages must begin with one Node of an exact version: ${[...images].join(', ')}`)
  return version
}
