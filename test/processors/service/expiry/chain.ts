// Certificates that end one after the other: what one shows of itself, and a bundle of authorities.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM texts of certificates that end after so many days: the root 30, the one between 5, the last 10. */
export interface Chain {
  readonly root: string
  readonly between: string
  readonly last: string
}

/** Each is signed by the one before. Takes some ten milliseconds, and openssl. */
export function makeChain(): Chain {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-chain-'))
  const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const make = (name: string, days: number, by?: string) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`]
    const signer = by === undefined ? [] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`]
    const args = [...request, '-days', `${days}`, ...files, ...signer]
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
    return readFileSync(join(folder, `${name}.pem`), 'utf8')
  }
  try {
    return { root: make('root', 30), between: make('between', 5, 'root'), last: make('last', 10, 'between') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
