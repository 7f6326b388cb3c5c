// Whether a call may come in: it carries a JSON Web Token that a service account has signed for Pub/Sub with a key that is known
// here, and that has not expired (https://google.aip.dev/auth/4111).

import { createPublicKey, verify } from 'node:crypto'
import type { Metadata } from '@grpc/grpc-js'
import { own, parseJson } from '../../shared/json/values.ts'

/** Public keys, as PEM texts, by the ids that stand in the heads of tokens. */
export type KnownKeys = Readonly<Record<string, string>>

const audience = 'https://pubsub.googleapis.com/'
const scopes = ['https://www.googleapis.com/auth/pubsub', 'https://www.googleapis.com/auth/cloud-platform']

/** What is wrong with the token of a call; null when nothing is. */
export function tokenProblem(metadata: Metadata, keys: KnownKeys, nowMs: number): string | null {
  const [, token = ''] = /^Bearer (.*)$/.exec(String(metadata.get('authorization')[0] ?? '')) ?? []
  const [head = '', body = '', signature = ''] = token.split('.')
  const key = own(jsonOf(head), 'kid')
  const pem = own(keys, String(key))
  if (typeof pem !== 'string') return `there is no key ${key}`
  const signed = Buffer.from(`${head}.${body}`)
  if (!verify('sha256', signed, createPublicKey(pem), Buffer.from(signature, 'base64url')))
    return `the signature is not one of key ${key}`
  const claims = jsonOf(body)
  const [expires, issued] = [own(claims, 'exp'), own(claims, 'iat')]
  if (typeof expires !== 'number' || expires * 1_000 <= nowMs) return 'the token has expired'
  if (typeof issued !== 'number' || issued * 1_000 > nowMs + 60_000) return 'the token is one of the future'
  const granted = String(own(claims, 'scope') ?? '').split(' ')
  const isMeant = own(claims, 'aud') === audience || granted.some(scope => scopes.includes(scope))
  return isMeant ? null : 'the token is for something else'
}

function jsonOf(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString())
}
