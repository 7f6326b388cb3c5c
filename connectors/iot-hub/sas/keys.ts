// Whose key signs for a device: one key for all, of a policy of the hub or of an enrolment group, or one for each device,
// from a file or from its messages.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { own, parseJson } from '../../shared/json/values.ts'
import type { IotHubTargetConfig } from '../target-config.ts'
import { keyOfGroupMember, type SigningKey } from './token.ts'

export interface KeySource {
  /** One key stands behind all devices, so that a wrong one concerns them all. */
  readonly isShared: boolean
  /** The key that stands in a message, or '' where keys come from elsewhere: a new one needs a new token. */
  textIn(message: Message): string
  /** Null: there is none for this device. */
  keyOf(device: string, message: Message): SigningKey | null
}

type Credentials = Pick<
  IotHubTargetConfig,
  'policy' | 'groupKey' | 'deviceKeys' | 'deviceKeyField' | 'certificates'
>

/** Null where devices show certificates. Throws a FaultError `config_invalid` when there is not exactly one, or it cannot be read. */
export function keySourceOf(credentials: Credentials): KeySource | null {
  const { policy, groupKey, deviceKeys, deviceKeyField, certificates } = credentials
  const all = { policy, groupKey, deviceKeys, deviceKeyField, certificates }
  const given = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const [first, second] = given
  const detail = 'there must be exactly one of policy, groupKey, deviceKeys, deviceKeyField and certificates'
  if (first === undefined) throw new FaultError('config_invalid', { detail: `has no credentials: ${detail}` })
  if (second !== undefined)
    throw new FaultError('config_invalid', {
      path: second,
      detail: `must not stand beside ${first}: ${detail}`
    })
  if (policy !== undefined) return sharedKey(() => policyKey(policy))
  if (groupKey !== undefined) return sharedKey(groupKeys(groupKey))
  if (deviceKeys !== undefined) return listedKeys(deviceKeys)
  return deviceKeyField === undefined ? null : keysInMessages(deviceKeyField)
}

function sharedKey(keyOf: (device: string) => SigningKey): KeySource {
  return { isShared: true, textIn: () => '', keyOf }
}

function policyKey({ name, key }: NonNullable<Credentials['policy']>): SigningKey {
  return { policy: name, key: Buffer.from(key, 'base64') }
}

function groupKeys(text: string): (device: string) => SigningKey {
  const groupKey = Buffer.from(text, 'base64')
  return device => ({ key: keyOfGroupMember(groupKey, device) })
}

function listedKeys(text: string): KeySource {
  const keys = text.trimStart().startsWith('{') ? keysOfJson(text) : keysOfLines(text)
  return {
    isShared: false,
    textIn: () => '',
    keyOf: device => {
      const key = keys.get(device)
      return key === undefined ? null : { key: Buffer.from(key, 'base64') }
    }
  }
}

/** Of a member with this very name, the only one that is left out of what is sent. */
function keysInMessages(name: string): KeySource {
  const textIn = (message: Message) => {
    const value = own(parseJson(message.value().toString()), name)
    return typeof value === 'string' && isKey(value) ? value : ''
  }
  return {
    isShared: false,
    textIn,
    keyOf: (_, message) => {
      const text = textIn(message)
      return text === '' ? null : { key: Buffer.from(text, 'base64') }
    }
  }
}

function keysOfJson(text: string): ReadonlyMap<string, string> {
  const object = parseJson(text)
  if (typeof object !== 'object' || object === null) throw unreadable('it is no JSON object')
  return new Map(
    Object.entries(object).map(([device, key], at) => {
      if (typeof key !== 'string' || !isKey(key)) throw unreadable(`member ${at + 1} is no key in Base64`)
      return [device, key] as const
    })
  )
}

/** Empty lines, and those that begin with #, say nothing. */
function keysOfLines(text: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [device = '', key = '', ...more] = line.trim().split(/\s+/)
    if (!isKey(key) || more.length > 0)
      throw unreadable(`line ${at + 1} is not a device id, a space and a key in Base64`)
    keys.set(device, key)
  }
  return keys
}

function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0
}

/** What the text holds must not be repeated. */
function unreadable(detail: string): FaultError {
  return new FaultError('config_invalid', { path: 'deviceKeys', detail: `cannot be read: ${detail}` })
}
