// `npm run mutants`: do the properties of the engine find bugs? Plants each of the list into a copy of the compiled
// sources, runs the properties against it, and shows which found it, after how many runs. Exit code 1 when one survives.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../processors/commands/package-root.ts'
import { type Mutant, mutants } from './list.ts'

/** What hunt.ts tells. */
interface Hunt {
  readonly found: string | null
  readonly runs: number
  readonly seconds: number
}

const folder = await mkdtemp(join(tmpdir(), 'tailrace-mutants-'))
try {
  await copySources()
  const isFoundWithout = (await hunt()).found
  if (isFoundWithout !== null) throw new Error(`without any planted bug, "${isFoundWithout}" fails`)
  const survivors = await tryAll()
  process.stdout.write(`${mutants.length - survivors} of ${mutants.length} found\n`)
  process.exitCode = survivors === 0 ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Returns how many were not found. */
async function tryAll(): Promise<number> {
  const width = Math.max(...mutants.map(({ name }) => name.length))
  process.stdout.write(`${'planted bug'.padEnd(width)}  found by          runs  seconds\n`)
  let survivors = 0
  for (const mutant of mutants) {
    const { found, runs, seconds } = await tryOne(mutant)
    if (found === null) survivors++
    const columns = [(found ?? 'SURVIVED').padEnd(14), `${runs}`.padStart(6), seconds.toFixed(1).padStart(7)]
    process.stdout.write(`${mutant.name.padEnd(width)}  ${columns.join('  ')}\n`)
  }
  return survivors
}

async function copySources(): Promise<void> {
  await mkdir(join(folder, 'dist'))
  for (const part of ['connectors', 'processors', 'schemas', 'test'])
    await cp(packageRoot(`dist/${part}`), join(folder, 'dist', part), { recursive: true })
  await cp(packageRoot('package.json'), join(folder, 'package.json'))
  await symlink(packageRoot('node_modules'), join(folder, 'node_modules'))
}

/** Throws when the text to be replaced does not occur exactly once: the list has to follow the sources. */
async function tryOne({ name, file, find, replace }: Mutant): Promise<Hunt> {
  const path = join(folder, 'dist/processors/stream', file)
  const source = await readFile(path, 'utf8')
  const times = source.split(find).length - 1
  if (times !== 1) throw new Error(`"${name}": "${find}" occurs ${times} times in ${file}`)
  await writeFile(
    path,
    source.replace(find, () => replace)
  )
  try {
    return await hunt()
  } finally {
    await writeFile(path, source)
  }
}

async function hunt(): Promise<Hunt> {
  const hunter = spawn(process.execPath, [join(folder, 'dist/test/mutants/hunt.js')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  hunter.stdout.on('data', data => {
    output += data
  })
  const [exitCode] = await once(hunter, 'close')
  if (exitCode !== 0) throw new Error(`the properties could not be run: exit code ${exitCode}`)
  return JSON.parse(output) as Hunt // what hunt.ts writes
}
