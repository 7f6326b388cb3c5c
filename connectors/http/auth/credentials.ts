// Credentials that are the same in every request.

import { FaultError } from '../../../schemas/errors.ts'
import type { HttpTargetConfig } from '../target-config.ts'

/** The header `authorization`, if it is known beforehand. Throws a FaultError `config_invalid` where there are two. */
export function authorizationOf(config: HttpTargetConfig): string | null {
  const { bearer, basic, oauth2, awsSignature, headers } = config
  const own = Object.keys(headers).some(name => name.toLowerCase() === 'authorization')
  const given = Object.entries({
    bearer,
    basic,
    oauth2,
    awsSignature,
    'headers.authorization': own || undefined
  })
    .filter(([, one]) => one !== undefined)
    .map(([name]) => name)
  const [first, second] = given
  if (second !== undefined) {
    const detail = `must not be set beside ${first}: both set the header authorization`
    throw new FaultError('config_invalid', {
      path: second === 'headers.authorization' ? 'headers' : second,
      detail
    })
  }
  if (bearer !== undefined) return `Bearer ${bearer}`
  if (basic === undefined) return null
  return basicAuthorization(basic.username, basic.password)
}

/** The value of an authorization header (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
