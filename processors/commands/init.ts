// `tailrace init`: writes a configuration to start from. It passes `check` as it is, so a newcomer changes something
// that works instead of completing something that does not.

import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import { starter } from './init/starter.ts'
import { tollDevices, tollStarter } from './init/toll.ts'
import { printJson } from './output.ts'
import { packageRoot } from './package-root.ts'
import { defaultConfig } from './shared/stream.ts'

const examples = `
Examples:
  tailrace init                   writes tailrace.yaml
  tailrace init conf/fleet.yaml   writes another file; an existing one is never overwritten
  tailrace init --profile toll    for a toll system: also writes devices.yaml beside it, with what is known of vehicles

Then: tailrace check`

/** What is written: the configuration, and files beside it by their names. */
interface Profile {
  /** `schema` is where editors find the JSON Schema. */
  readonly config: (schema: string) => string
  readonly beside: Readonly<Record<string, string>>
}

const profiles: Readonly<Record<string, Profile>> = {
  plain: { config: starter, beside: {} },
  toll: { config: tollStarter, beside: { 'devices.yaml': tollDevices } }
}

interface InitOptions {
  readonly profile: string
  readonly json?: true
}

export function initCommand(program: Command): void {
  program
    .command('init')
    .description('Write a commented configuration to start from.')
    .argument('[file]', 'the file to write', defaultConfig)
    .addOption(
      new Option('--profile <name>', 'what it is for').choices(Object.keys(profiles)).default('plain')
    )
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', examples)
    .action(init)
}

function init(file: string, { profile, json }: InitOptions): void {
  const { config, beside } = profiles[profile] as Profile // one of the choices
  const schema = packageRoot('schemas/generated/tailrace.schema.json')
  const more = Object.entries(beside).map(([name, text]) => ({ path: join(dirname(file), name), text }))
  const files = [{ path: file, text: config(schema) }, ...more]
  // Nothing at all is written where one of them is there: half of a profile would not pass.
  for (const { path } of files) if (existsSync(path)) throw new FaultError('file_exists', { path })
  for (const { path, text } of files) write(path, text)
  if (json) printJson({ file, ...(more.length > 0 && { beside: more.map(({ path }) => path) }) })
  else
    process.stdout.write(
      `Wrote ${files.map(({ path }) => path).join(' and ')}. Next: tailrace check ${file}\n`
    )
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' })
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (exists) throw new FaultError('file_exists', { path, cause })
    throw new FaultError('file_unwritable', { path, detail: messageOf(cause), cause })
  }
}
