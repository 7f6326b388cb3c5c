// Finds and reads the files of a configuration: one YAML file, or every one directly inside of a folder.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FaultError, messageOf } from '../../../schemas/errors.ts'

export interface ConfigFile {
  /** As the user wrote the path, for messages. */
  readonly path: string
  readonly text: string
}

/** Reads the file, or the `.yaml` and `.yml` files of the folder by name. Throws `config_unreadable`. */
export function readFiles(path: string): ConfigFile[] {
  const files = attempt(path, () => (statSync(path).isDirectory() ? filesOf(path) : [path]))
  if (files.length === 0)
    throw new FaultError('config_unreadable', { path, detail: 'the folder has no .yaml or .yml file' })
  return files.map(file => ({ path: file, text: attempt(file, () => readFileSync(file, 'utf8')) }))
}

/** Names with a dot in front are left out: editors' files, and the machinery of a mounted ConfigMap. */
function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => /^[^.].*\.ya?ml$/.test(name))
    .sort()
    .map(name => join(folder, name))
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const detail = missing ? 'there is no such file or folder' : messageOf(cause)
    throw new FaultError('config_unreadable', { path, detail, cause })
  }
}
