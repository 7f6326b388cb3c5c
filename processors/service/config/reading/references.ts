// Resolves `${env:NAME}` and `${file:path}` in the texts of a configuration. What they stand for is a secret until
// the schema says otherwise, so a failure names the reference and never a value.

import { resolve } from 'node:path'
import type { Reference } from '../problem.ts'
import type { FileSet } from './file-set.ts'

export interface ReferenceScope {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that relative paths start from: that of the configuration file. */
  readonly folder: string
  /** What `${file:path}` is read with. */
  readonly files: FileSet
  /** What is missing is made up: for who connects to nothing. */
  readonly isRehearsal?: boolean
}

export interface Resolved {
  readonly text: string
  readonly references: readonly Reference[]
  /** One sentence for each reference that could not be resolved. */
  readonly failures: readonly string[]
  /** Something stands in it that was made up. */
  readonly isMadeUp: boolean
}

const malformed =
  'has a "${" that begins neither ${env:NAME} nor ${file:path}; where a plain "${" is meant, write "$${"'

/** Replaces every reference of the text; `$${` becomes a plain `${`. */
export function resolveReferences(text: string, scope: ReferenceScope): Resolved {
  const references: Reference[] = []
  const failures: string[] = []
  let isMadeUp = false
  const resolved = text.replaceAll(/\$\$\{|\$\{([^}]*)(\}?)/g, (match, inside?: string, end?: string) => {
    if (inside === undefined) return '${'
    const found = end === '' ? { failure: malformed } : lookUp(inside, scope)
    if ('failure' in found) {
      failures.push(found.failure)
      return match
    }
    isMadeUp ||= found.isMadeUp === true
    references.push({ text: match, value: found.value })
    return found.value
  })
  return { text: resolved, references, failures, isMadeUp }
}

type Found = { readonly value: string; readonly isMadeUp?: boolean } | { readonly failure: string }

function lookUp(inside: string, scope: ReferenceScope): Found {
  const found = lookUpReal(inside, scope)
  // Valid as a URL, as a token and as a name, which is what references mostly stand for.
  const isMissing = 'failure' in found && found.failure !== malformed
  return scope.isRehearsal && isMissing ? { value: 'https://made-up.invalid', isMadeUp: true } : found
}

function lookUpReal(inside: string, { env, folder, files }: ReferenceScope): Found {
  const name = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(inside)?.[1]
  if (name !== undefined) {
    const value = env[name]
    return value === undefined
      ? { failure: `needs the environment variable ${name}, which is not set` }
      : { value }
  }
  const path = /^file:(.+)$/.exec(inside)?.[1]
  return path === undefined ? { failure: malformed } : readSecretFile(path, resolve(folder, path), files)
}

function readSecretFile(path: string, resolved: string, files: FileSet): Found {
  try {
    // Editors and `kubectl create secret` leave a newline at the end that is not part of the secret.
    return { value: files.read(resolved).replace(/\r?\n$/, '') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    const why = code === 'ENOENT' ? 'which does not exist' : `which cannot be read (${code})`
    return { failure: `needs the file ${path}, ${why}` }
  }
}
