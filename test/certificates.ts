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

/** Makes certificates in a folder that is gone afterwards. */
interface Workshop {
  /** Makes a key and a certificate of it: openssl req with these arguments. */
  request(...args: readonly string[]): void
  read(file: string): string
}

/** Needs openssl. */
export function inWorkshop<T>(make: (workshop: Workshop) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-tls-'))
  const common = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  try {
    return make({
      request: (...args) =>
        void execFileSync('openssl', [...common, ...args], { cwd: folder, stdio: 'pipe' }),
      read: file => readFileSync(join(folder, file), 'utf8')
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A fresh authority and a certificate it signed for 127.0.0.1 and localhost. Takes some ten milliseconds, and openssl. */
export function makeCertificates(): Certificates {
  return inWorkshop(({ request, read }) => {
    request(...'-days 90 -keyout ca.key -out ca.pem -subj /CN=test-ca'.split(' '))
    const signed = '-CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1,DNS:localhost'
    request(...`-days 90 -keyout key.pem -out cert.pem -subj /CN=receiver ${signed}`.split(' '))
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
  })
}
