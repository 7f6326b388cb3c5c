// Extra listeners that demand TLS or credentials, so that authentication is tested against a real broker:
// TLS (no credentials), SASL/PLAIN over TLS, and SASL/SCRAM (SHA-256 and SHA-512) without TLS. The certificate is
// made by keytool, which comes with every Java, and is its own authority.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultError } from '../../../schemas/errors.ts'
import { exists } from './cache.ts'
import { run } from './run.ts'

/** How a client reaches the listeners that demand TLS or credentials. Addresses are of the first node. */
export interface LocalSecurity {
  /** TLS without credentials. */
  readonly tls: string
  /** SASL/PLAIN over TLS. */
  readonly saslPlain: string
  /** SASL/SCRAM-SHA-256 and SCRAM-SHA-512, without TLS. */
  readonly saslScram: string
  /** The authority that signed the brokers' certificate, for 127.0.0.1 and localhost. */
  readonly caPem: string
  readonly username: string
  readonly password: string
}

export interface SecurityFiles {
  readonly properties: Readonly<Record<string, string>>
  /** Arguments for the storage formatter, which is what creates SCRAM users. */
  readonly formatArgs: readonly string[]
  readonly caPem: string
  readonly username: string
  readonly password: string
}

const username = 'tailrace'
const password = 'only-for-tests'

/** Makes the certificate in `dir` unless it is there, and says how brokers use it. */
export async function prepareSecurity(dir: string, signal: AbortSignal | undefined): Promise<SecurityFiles> {
  const keystore = join(dir, 'broker.p12')
  const certificate = join(dir, 'ca.pem')
  if (!(await exists(certificate))) await makeCertificate({ keystore, certificate }, signal)
  return {
    properties: properties(keystore),
    formatArgs: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`
    ]),
    caPem: await readFile(certificate, 'utf8'),
    username,
    password
  }
}

async function makeCertificate(
  files: { keystore: string; certificate: string },
  signal: AbortSignal | undefined
): Promise<void> {
  const store = ['-keystore', files.keystore, '-storepass', password, '-alias', 'broker']
  const key = ['-keyalg', 'RSA', '-keysize', '2048', '-validity', '3650', '-dname', 'CN=localhost']
  const names = ['-ext', 'san=ip:127.0.0.1,dns:localhost', '-ext', 'bc:c']
  await keytool(['-genkeypair', '-storetype', 'PKCS12', ...store, ...key, ...names], signal)
  await keytool(['-exportcert', '-rfc', '-file', files.certificate, ...store], signal)
}

async function keytool(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const { code, tail } = await run('keytool', args, { signal })
  if (code !== 0) throw new FaultError('local_kafka_failed', { detail: `keytool failed\n${tail}` })
}

function properties(keystore: string): Record<string, string> {
  const security = 'org.apache.kafka.common.security'
  const scram = `${security}.scram.ScramLoginModule required;`
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keystore,
    'ssl.keystore.password': password,
    'listener.name.saslplain.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.saslplain.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${username}="${password}";`,
    'listener.name.saslscram.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.saslscram.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.saslscram.scram-sha-512.sasl.jaas.config': scram
  }
}
