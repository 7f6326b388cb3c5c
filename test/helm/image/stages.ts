// Runs the stages of a Dockerfile without a container engine: each gets an empty folder as its root, COPY and RUN are carried
// out in it with the commands that stand in the file, and absolute paths lead into it. What the base image brings is the
// Node of the same version, put where the base image has it; the shell, tar and npm are those of this machine.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { filesOfContext } from './context.ts'
import type { Stage, Step } from './dockerfile.ts'

export interface Build {
  readonly stages: readonly Stage[]
  /** What COPY without --from takes files from. */
  readonly context: string
  /** The text of the .dockerignore. */
  readonly ignored: string
  /** The executable of the base image's Node. */
  readonly node: string
  /** An existing folder: the roots of the stages are made in it. */
  readonly folder: string
}

/** Where the base image has Node. */
const nodePath = '/usr/local/bin/node'

/** Runs all stages; hands back the root folder of the last one. Throws an Error with the output of a command that fails. */
export async function runStages(build: Build): Promise<string> {
  const roots = new Map<string, string>()
  let root = ''
  for (const stage of build.stages) {
    if (roots.has(stage.image)) throw new Error(`FROM ${stage.image}: a stage upon another is not known`)
    root = join(build.folder, stage.name)
    mkdirSync(join(root, dirname(nodePath)), { recursive: true })
    cpSync(build.node, join(root, nodePath))
    for (const step of stage.steps) await runStep(step, { build, root, roots })
    roots.set(stage.name, root)
  }
  return root
}

type RunStep = Extract<Step, { kind: 'run' }>
type CopyStep = Extract<Step, { kind: 'copy' }>

interface Place {
  readonly build: Build
  readonly root: string
  readonly roots: ReadonlyMap<string, string>
}

async function runStep(step: Step, place: Place): Promise<void> {
  if (step.kind === 'directory') mkdirSync(join(place.root, step.directory), { recursive: true })
  else if (step.kind === 'run') await runCommand(step, place.root)
  else copy(step, place)
}

/** A command may name what is relative to its directory; an absolute path would lead out of the folder. */
async function runCommand({ command, directory, env }: RunStep, root: string): Promise<void> {
  if (/(^|[\s"'=])\//.test(command)) throw new Error(`an absolute path in RUN ${command}`)
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: join(root, directory),
    env: { ...clientEnv(), ...env, PATH: `${inside(root, env.PATH ?? '')}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`RUN ${command} failed\n${(await said).join('')}`)
}

/** A PATH of the image as one of this machine. */
export function inside(root: string, path: string): string {
  return path
    .split(':')
    .map(part => join(root, part))
    .join(':')
}

/** What npm needs to reach its registry and its cache on this machine, and nothing that a test runner has set. */
function clientEnv(): Record<string, string | undefined> {
  const wanted =
    /^(?:HOME|LANG|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|(?:https?|no)_proxy|npm_config_(?:cache|registry|userconfig))$/i
  const kept = Object.entries(process.env).filter(([name]) => wanted.test(name))
  return { ...Object.fromEntries(kept), npm_config_prefer_offline: 'true' }
}

function copy({ from, sources, destination, directory }: CopyStep, place: Place): void {
  const origin = from === null ? place.build.context : place.roots.get(from)
  if (origin === undefined) throw new Error(`COPY --from=${from}: there is no such stage`)
  const isSent = from === null ? filesOfContext(origin, place.build.ignored) : () => true
  const target = join(place.root, resolve(directory, destination))
  if (sources.length > 1 && !destination.endsWith('/')) throw new Error(`${destination} must end with /`)
  for (const source of sources) {
    const path = join(origin, source)
    if (!isSent(path)) throw new Error(`COPY ${source}: the .dockerignore leaves it out`)
    // Of a folder its contents are copied; a file goes into the destination where that is a folder.
    const goesInto = !isFolder(path) && (destination.endsWith('/') || isFolder(target))
    const to = goesInto ? join(target, basename(path)) : target
    mkdirSync(dirname(to), { recursive: true })
    cpSync(path, to, { recursive: true, verbatimSymlinks: true, filter: isSent })
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
