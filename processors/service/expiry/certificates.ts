// When a text of certificates ends to be of use. What one shows of itself is of use until the first of it ends: the
// certificate, and those between it and the authority; the authority itself the other side has. Of authorities that one
// trusts, the latest counts: a bundle may well hold some that have ended, and goes on being of use.

import { X509Certificate } from 'node:crypto'
import type { Validity } from './validity.ts'

/** Whose certificates they are: one's own, or those of authorities that are trusted. */
export type Role = 'own' | 'trusted'

const block = /-----BEGIN (X509 )?CERTIFICATE-----[^-]+-----END \1?CERTIFICATE-----/g

/** Null where the text holds no certificate that can be read. */
export function certificatesValidity(text: string, role: Role): Validity | null {
  const certificates = [...text.matchAll(block)].flatMap(([pem]) => parsed(pem))
  const [first, ...others] = certificates
  if (first === undefined) return null
  const counting = role === 'trusted' ? certificates : chain(first, others)
  const byEnd = counting.sort((a, b) => endOf(a) - endOf(b))
  const ending = (role === 'trusted' ? byEnd.at(-1) : byEnd[0]) ?? first
  const lifeMs = endOf(ending) - Date.parse(ending.validFrom)
  return { endMs: endOf(ending), lifeMs: lifeMs > 0 ? lifeMs : null }
}

function parsed(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)]
  } catch {
    return [] // whoever uses it tells what is wrong with it
  }
}

/** The certificate and those between it and the authority. Of several that issued the same, the one that lasts longest. */
function chain(first: X509Certificate, others: readonly X509Certificate[]): X509Certificate[] {
  const found = [first]
  for (let last: X509Certificate | undefined = first; last !== undefined; ) {
    const current: X509Certificate = last
    const issuers = others.filter(
      other => !found.includes(other) && !isSelfSigned(other) && current.checkIssued(other)
    )
    last = issuers.sort((a, b) => endOf(b) - endOf(a))[0]
    if (last !== undefined) found.push(last)
  }
  return found
}

const isSelfSigned = (certificate: X509Certificate) => certificate.checkIssued(certificate)

const endOf = ({ validTo }: X509Certificate) => Date.parse(validTo)
