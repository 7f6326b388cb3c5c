// What connectors over TCP share: the TLS settings of a configuration made ready, and what Node reports when a
// connection does not come about or breaks.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import type { ListenTlsConfig, TlsConfig } from '../../schemas/config.ts'
import { FaultError, messageOf } from '../../schemas/errors.ts'

/**
 * To be made once per target, not per connection: parsing a bundle of authorities takes milliseconds. Throws a
 * FaultError `config_invalid` when a certificate or key cannot be used.
 */
export function secureContext({ ca, cert, key }: TlsConfig): tls.SecureContext {
  // Texts that are none would be ignored below, or be told in the words of OpenSSL.
  if (ca !== undefined) check('ca', 'a certificate', () => new X509Certificate(ca))
  if (cert !== undefined) check('cert', 'a certificate', () => new X509Certificate(cert))
  if (key !== undefined) check('key', 'a private key without a passphrase', () => createPrivateKey(key))
  // One without the other is not used, and no error of OpenSSL.
  if (cert !== undefined && key === undefined) throw lonely('cert', 'key')
  if (key !== undefined && cert === undefined) throw lonely('key', 'cert')
  try {
    return tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key })
    })
  } catch (cause) {
    throw new FaultError('config_invalid', {
      path: 'tls',
      detail: `cannot be used: ${messageOf(cause)}`,
      cause
    })
  }
}

/** The options of a server. Throws a FaultError `config_invalid` when a certificate or key cannot be used. */
export function serverTls({
  cert,
  key,
  clientCa
}: ListenTlsConfig): tls.TlsOptions & { readonly minVersion: 'TLSv1.2' } {
  if (clientCa !== undefined) check('clientCa', 'a certificate', () => new X509Certificate(clientCa))
  secureContext({ cert, key })
  const mutual = { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { minVersion: 'TLSv1.2', cert, key, ...(clientCa !== undefined && mutual) }
}

function lonely(field: string, other: string): FaultError {
  const detail = `is missing: needed beside tls.${field}`
  return new FaultError('config_invalid', { path: `tls.${other}`, detail })
}

function check(field: string, wanted: string, parse: () => unknown): void {
  try {
    parse()
  } catch (cause) {
    const detail = `must be the PEM text of ${wanted} ("-----BEGIN ..."), got something else`
    throw new FaultError('config_invalid', { path: `tls.${field}`, detail, cause })
  }
}

/** The code that Node or a package gave an error: `ECONNREFUSED`; empty when there is none. */
export function nativeCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

// The prefixes under which Node reports TLS failures: its own errors, OpenSSL's, and those of certificate checks.
const tlsFailure =
  /^(ERR_(TLS|SSL|OSSL)_|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED)/

/** Whether a code is one of a TLS connection that did not come about. */
export function isTlsFailure(code: string): boolean {
  return tlsFailure.test(code)
}

/**
 * One line. Node tries all addresses of a name and reports one error that has the others inside and no message of its
 * own; what OpenSSL says ends with a line feed.
 */
export function detailOf(error: unknown): string {
  if (error instanceof FaultError) return error.detail ?? ''
  const several = error instanceof AggregateError && error.message === ''
  const text = several ? error.errors.map(messageOf).join('; ') : messageOf(error)
  return text.replace(/\s+/g, ' ').trim()
}
