// What is found to expire in texts of a configuration, and when.

import test from 'ava'
import { certificatesEnd } from '../../../../processors/service/expiry/certificates.ts'
import { tokenEnd } from '../../../../processors/service/expiry/tokens.ts'
import { makeChain } from './chain.ts'

const dayMs = 86_400_000

/** In how many days from now, rounded; null: not known. */
const days = (atMs: number | null) => (atMs === null ? null : Math.round((atMs - Date.now()) / dayMs))

test('a certificate ends with the first of what one shows of itself, the authority aside', t => {
  const { root, between, last } = makeChain()
  t.is(days(certificatesEnd(last, 'own')), 10)
  t.is(days(certificatesEnd(`${last}${between}`, 'own')), 5)
  t.is(days(certificatesEnd(`${last}${root}${between}`, 'own')), 5)
  t.is(days(certificatesEnd(root, 'own')), 30)
})

test('certificates that have nothing to do with the first, and an authority that has ended, do not matter', t => {
  const [chain, other] = [makeChain(), makeChain()]
  t.is(days(certificatesEnd(`${chain.root}${other.between}${chain.between}`, 'own')), 30)
})

test('a bundle of authorities lasts as long as the last of them', t => {
  const { root, between, last } = makeChain()
  t.is(days(certificatesEnd(`${between}${root}${last}`, 'trusted')), 30)
})

test('what is no certificate has no end', t => {
  t.is(certificatesEnd('-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----', 'own'), null)
  t.is(certificatesEnd('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'own'), null)
  t.is(certificatesEnd('a text', 'trusted'), null)
})

/** A JSON Web Token; nobody looks at its signature. */
const webToken = (claims: object) =>
  ['{"alg":"HS256"}', JSON.stringify(claims), 'signature']
    .map(part => Buffer.from(part).toString('base64url'))
    .join('.')

test('a JSON Web Token ends at its exp, wherever in a text it stands', t => {
  t.is(tokenEnd(webToken({ exp: 1_800_000_000 })), 1_800_000_000_000)
  t.is(tokenEnd(`Bearer ${webToken({ exp: 1_800_000_000, sub: 'us' })}`), 1_800_000_000_000)
  t.is(tokenEnd(webToken({ sub: 'us' })), null)
  t.is(tokenEnd(webToken({ exp: 'soon' })), null)
  t.is(tokenEnd(webToken({ exp: 1e300 })), null)
  t.is(tokenEnd('eyJhbGciOiJIUzI1NiJ9.eyJbroken.x'), null)
})

test('a shared access signature ends at its se, in seconds or as a date', t => {
  const of = (end: string) => `SharedAccessSignature sr=hub.example%2Fdevices&sig=abc%3D&se=${end}&skn=send`
  t.is(tokenEnd(of('1800000000')), 1_800_000_000_000)
  t.is(tokenEnd('https://a.example/in?sv=1&se=2027-01-15T08%3A00%3A00Z&sig=abc'), 1_800_000_000_000)
  t.is(
    tokenEnd(`Endpoint=sb://a.example/;SharedAccessSignature=${of('1800000000')};EntityPath=b`),
    1_800_000_000_000
  )
  t.is(tokenEnd(of('never')), null)
  t.is(tokenEnd('https://a.example/in?se=1800000000'), null)
  t.is(tokenEnd('https://a.example/in?sig=1&case=1800000000'), null)
})
