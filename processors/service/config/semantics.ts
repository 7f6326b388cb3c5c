// The rules that a schema cannot say, because they are about two places at once. They run also when the schema has
// found mistakes, so that all come at once: every value is taken for what it is only after a look.

import { secureContext, serverTls } from '../../../connectors/shared/tls.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { splitEntry } from '../../../schemas/stream.ts'
import { suggestion } from '../../suggestion.ts'
import { found } from './expectations.ts'
import { listeningRules } from './listening.ts'
import { isMapping } from './merge.ts'
import { type Finding, type Part, type Places, pointerOf, pointerTo } from './problem.ts'
import { stepRules } from './step-rules.ts'
import { channelTopic, loops, sharedTopics, streamGroup } from './topics.ts'

/** Checks the merged data with its defaults filled in; sources of the kinds `settingAside` have dead letters. */
export function checkRules(data: unknown, places: Places, settingAside: readonly string[]): Finding[] {
  const channels = children(data, 'channels')
  const streams = children(data, 'streams')
  return [
    ...streams.flatMap(stream => unknownChannels(stream, channels, places)),
    ...sharedNames(channels, places, {
      key: 'topic',
      nameOf: channelTopic,
      sentence: 'every channel needs a topic of its own'
    }),
    ...sharedNames(streams, places, {
      key: 'group',
      nameOf: streamGroup,
      sentence: 'every stream needs a consumer group of its own'
    }),
    ...sharedTopics({ channels, streams, settingAside }),
    ...loops(data, channels, streams),
    ...streams.flatMap(wrongBackOff),
    ...streams.flatMap(idleSafetyStop),
    ...streams.flatMap(heldWithoutDevices),
    ...streams.flatMap(sequenceRules),
    ...stepRules(data, streams, places),
    ...unusableTls(data, 'kafka', secureContext),
    ...unusableTls(data, 'listen', usableListenTls),
    ...listeningRules(data, channels, places)
  ]
}

function children(data: unknown, key: string): Part[] {
  const parent = isMapping(data) ? data[key] : undefined
  if (!isMapping(parent)) return []
  return Object.entries(parent).flatMap(([name, fields]) =>
    isMapping(fields) ? [{ name, pointer: pointerTo(pointerTo('', key), name), fields }] : []
  )
}

function unknownChannels({ pointer, fields }: Part, channels: readonly Part[], places: Places): Finding[] {
  const known = channels.map(channel => channel.name)
  const list = known.length === 0 ? ' (no channel is defined)' : ` (known channels: ${known.join(', ')})`
  const from = Array.isArray(fields.from) ? fields.from : []
  return from.flatMap((name: unknown, index) => {
    if (typeof name !== 'string') return []
    const { channel, device } = splitEntry(name)
    const here = pointerTo(pointerTo(pointer, 'from'), index)
    if (device === '')
      return [{ pointer: here, at: 'value', sentence: 'must have the ident of a device behind the /' }]
    if (known.includes(channel)) return []
    const got = found(name, {}, places.get(here)?.references ?? [])
    const sentence = `must be the name of a channel, got ${got}${suggestion(channel, known) || list}`
    return [{ pointer: here, at: 'value', sentence }]
  })
}

interface NameRule {
  readonly key: string
  readonly nameOf: (part: string) => string
  readonly sentence: string
}

function sharedNames(parts: readonly Part[], places: Places, { key, nameOf, sentence }: NameRule): Finding[] {
  const owners = new Map<string, Part>()
  const findings: Finding[] = []
  for (const part of parts) {
    const written = part.fields[key]
    const name = typeof written === 'string' ? written : nameOf(part.name)
    const owner = owners.get(name)
    if (owner === undefined) owners.set(name, part)
    else {
      const first = places.get(pointerTo(owner.pointer, key)) ?? places.get(owner.pointer)
      const where = `${first?.path} at ${first?.key.file}:${first?.key.line}:${first?.key.column}`
      const mine = typeof written === 'string' ? pointerTo(part.pointer, key) : part.pointer
      findings.push({ pointer: mine, at: 'value', sentence: `uses the ${key} of ${where}; ${sentence}` })
    }
  }
  return findings
}

function wrongBackOff({ pointer, fields }: Part): Finding[] {
  if (!isMapping(fields.retry)) return []
  const { minDelayMs, maxDelayMs } = fields.retry
  if (typeof minDelayMs !== 'number' || typeof maxDelayMs !== 'number' || minDelayMs <= maxDelayMs) return []
  const sentence = `must have a minDelayMs (${minDelayMs}) that is not above its maxDelayMs (${maxDelayMs})`
  return [{ pointer: pointerTo(pointer, 'retry'), at: 'key', sentence }]
}

function idleSafetyStop({ pointer, fields }: Part): Finding[] {
  if (!isMapping(fields.safetyStop)) return []
  const { rejected, of } = fields.safetyStop
  if (typeof rejected !== 'number' || typeof of !== 'number' || rejected <= of) return []
  const sentence = `must have a rejected (${rejected}) that is not above its of (${of}); equal, they switch it off`
  return [{ pointer: pointerTo(pointer, 'safetyStop'), at: 'key', sentence }]
}

function heldWithoutDevices({ pointer, fields }: Part): Finding[] {
  const { onDeviceReject, order } = fields
  if (onDeviceReject !== 'hold' || (order !== 'partition' && order !== 'none')) return []
  const sentence = `cannot be hold with order: ${order}, since only with order: device one may wait beside others; write dead-letter`
  return [{ pointer: pointerTo(pointer, 'onDeviceReject'), at: 'value', sentence }]
}

/** A message that got a number has to be sent, and the numbers of a device come from one place. */
function sequenceRules({ pointer, fields }: Part): Finding[] {
  const finding = (path: readonly string[], sentence: string): Finding => ({
    ...{ pointer: path.reduce<string>(pointerTo, pointer), at: 'value', sentence }
  })
  const { from, order, onePerDevice, retry, sequence, ttlSeconds } = fields
  const findings: Finding[] = []
  if (onePerDevice === true && (order === 'partition' || order === 'none'))
    findings.push(finding(['onePerDevice'], `needs order: device, and not ${order}`))
  if (sequence === undefined) return findings
  if (order === 'none')
    findings.push(finding(['order'], 'cannot be none with sequence, since numbers tell an order'))
  if (ttlSeconds !== undefined)
    findings.push(
      finding(['ttlSeconds'], 'cannot stand with sequence: a number would be missing; use the step expire')
    )
  if (isMapping(retry) && retry.maxAttempts !== undefined)
    findings.push(finding(['retry', 'maxAttempts'], 'cannot stand with sequence: a number would be missing'))
  const entries = Array.isArray(from) ? from.filter(entry => typeof entry === 'string') : []
  if (new Set(entries.map(entry => splitEntry(entry).channel)).size > 1)
    findings.push(
      finding(['from'], 'must name one channel with sequence, since a device has its numbers in one place')
    )
  return findings
}

type TlsTexts = Readonly<Record<string, string>>

/** What is missing is told by the schema. */
function usableListenTls({ cert, key, clientCa }: TlsTexts): void {
  if (cert !== undefined && key !== undefined)
    serverTls({ cert, key, ...(clientCa !== undefined && { clientCa }) })
}

function unusableTls(data: unknown, part: 'kafka' | 'listen', use: (texts: TlsTexts) => unknown): Finding[] {
  const parent = isMapping(data) ? data[part] : undefined
  const settings = isMapping(parent) ? parent.tls : undefined
  if (!isMapping(settings)) return []
  const isText = (text: unknown): text is string => typeof text === 'string'
  const texts = Object.entries(settings).filter((entry): entry is [string, string] => isText(entry[1]))
  try {
    use(Object.fromEntries(texts))
    return []
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const pointer = pointerOf(error.path ?? '', `/${part}`)
    return [{ pointer, at: 'value', sentence: error.detail ?? 'cannot be used' }]
  }
}
