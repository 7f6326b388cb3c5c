// What is found to expire in texts of a configuration, and when.

import test from 'ava'
import { certificatesValidity, type Role } from '../../../../processors/service/expiry/certificates.ts'
import { tokenValidity } from '../../../../processors/service/expiry/tokens.ts'
import { isNear } from '../../../../processors/service/expiry/validity.ts'
import { makeChain } from './chain.ts'

const dayMs = 86_400_000

const certificatesEnd = (text: string, role: Role) => certificatesValidity(text, role)?.endMs ?? null
const tokenEnd = (text: string) => tokenValidity(text)?.endMs ?? null

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

test('how long a certificate or token is of use is told where it says when it began', t => {
  t.is(certificatesValidity(makeChain().last, 'own')?.lifeMs, 10 * dayMs)
  t.is(tokenValidity(webToken({ iat: 1_000, nbf: 1_500, exp: 4_600 }))?.lifeMs, 3_600_000)
  t.is(tokenValidity(webToken({ nbf: 1_000, exp: 4_600 }))?.lifeMs, 3_600_000)
  for (const claims of [{ exp: 4_600 }, { exp: 4_600, iat: 'then' }, { exp: 4_600, iat: 9_000 }])
    t.is(tokenValidity(webToken(claims))?.lifeMs, null)
})

test('what is made for a day is not near its end while it may still be renewed by itself', t => {
  const near = (lifeMs: number | null, leftMs: number) =>
    isNear({ endMs: 90 * dayMs, lifeMs }, 90 * dayMs - leftMs)
  t.deepEqual([near(90 * dayMs, 14 * dayMs), near(90 * dayMs, 14 * dayMs - 1)], [false, true])
  t.deepEqual([near(null, 14 * dayMs), near(null, 14 * dayMs - 1)], [false, true])
  t.deepEqual(
    [near(dayMs, dayMs / 10), near(dayMs, dayMs / 16), near(dayMs, dayMs / 17)],
    [false, false, true]
  )
})
