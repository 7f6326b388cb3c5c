// What a record of the attributes topic says of a device: the key is the ident, the value JSON as in a file. Whatever
// writes there is not ours, so a record may be anything.

import { isUtf8 } from 'node:buffer'
import type { LogRecord } from '../../connectors/kafka/log/log.ts'
import { pathTo } from '../service/config/problem.ts'
import { deviceOf, type Period } from './reading/device.ts'
import { jsonValue } from './reading/json.ts'
import { identProblem } from './reading/read.ts'

/** A device, or null for one that is removed. */
export interface TopicDevice {
  readonly ident: string
  readonly device: Period | null
}

/** Why a record says nothing. */
export interface Unusable {
  readonly reason: string
}

/** Never throws. What it returns shares no memory with the record. */
export function decodeTopicRecord({ key, value }: Pick<LogRecord, 'key' | 'value'>): TopicDevice | Unusable {
  if (key === null) return { reason: 'the record has no key' }
  if (!isUtf8(key)) return { reason: 'the key is not UTF-8' }
  const ident = key.toString('utf8')
  const path = pathTo('', ident)
  const problem = identProblem(ident)
  if (problem !== null) return { reason: `the key ${problem}` }
  if (value === null) return { ident, device: null }
  if (!isUtf8(value)) return { reason: `${path} is not UTF-8` }
  const mistakes: string[] = []
  const node = jsonValue(value.toString('utf8'), ({ at, sentence }) =>
    mistakes.push(`${path} ${sentence}, at character ${at + 1}`)
  )
  const device =
    node && deviceOf(node, path, ({ path: where, sentence }) => mistakes.push(`${where} ${sentence}`))
  return mistakes.length > 0 || device === null ? { reason: mistakes.join('; ') } : { ident, device }
}
