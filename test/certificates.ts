// Certificates made on the spot, for servers of tests on loopback.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM texts. */
export interface Certificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A fresh authority and a certificate it signed for 127.0.0.1 and localhost. Takes some ten milliseconds, and openssl. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-tls-'))
  const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const openssl = (options: string) =>
    execFileSync('openssl', [...request, ...options.split(' ')], { cwd: folder, stdio: 'pipe' })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  try {
    openssl('-days 90 -keyout ca.key -out ca.pem -subj /CN=test-ca')
    const signed = '-CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1,DNS:localhost'
    openssl(`-days 90 -keyout key.pem -out cert.pem -subj /CN=receiver ${signed}`)
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
