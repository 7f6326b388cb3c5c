// Credentials that are the same in every request: headers and parameters of the query.

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
  return `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`
}

/** The path with the parameters of the query that are configured apart, since they may be secret. */
export function withQuery(path: string, query: string): string {
  if (query === '') return path
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}
