// Evaluates an expression or applies the steps of a stream, as the engine would, and prints what came of it.

import { systemClock } from '../../../connectors/clock.ts'
import { registry } from '../../../connectors/registry.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { topicsOf } from '../../../schemas/stream.ts'
import { Expression } from '../../expression/expression.ts'
import { ExpressionError, excerpt } from '../../expression/expression-error.ts'
import { decodeFields, encodeJson, put } from '../../expression/json.ts'
import { Fault, type Json } from '../../expression/values.ts'
import { loadConfig } from '../../service/config/load.ts'
import { pipelineOf, type Surroundings, surroundingsOf, wantedBy } from '../../service/streams/steps.ts'
import { Pipeline } from '../../steps/pipeline.ts'
import type { KeyedRecord } from '../../stream/assignment/subscription.ts'
import { painter, printJson } from '../output.ts'
import { type Given, givenMessages, keyedRecord, lastMessages, withAdmin } from '../shared/messages.ts'
import { reachKafka } from '../shared/reach.ts'
import { channelIn, streamIn } from '../shared/stream.ts'
import { presentSurroundings } from '../shared/surroundings.ts'
import { type MessageReport, Run, reportText } from './run.ts'

export interface TryOptions {
  readonly config: string
  readonly stream?: string
  readonly message: readonly string[]
  readonly file?: string
  readonly channel?: string
  readonly last?: number
  readonly json?: true
}

const defaultLast = 10

export async function tryOut(expression: string | undefined, options: TryOptions): Promise<void> {
  if ((expression === undefined) === (options.stream === undefined))
    throw new FaultError('usage', {
      detail: 'name either an expression or, with --stream, the stream whose steps to try'
    })
  const isGiven = options.message.length > 0 || options.file !== undefined
  const isRead = options.channel !== undefined || options.last !== undefined
  if (isGiven && isRead)
    throw new FaultError('usage', {
      detail: 'take the messages either from --message and --file or from a channel'
    })
  if (options.stream !== undefined) return trySteps(options.stream, options, isGiven)
  if (isRead) return tryExpressionOnChannel(expression ?? '', options)
  const messages = isGiven ? await givenMessages(options) : [emptyMessage]
  // Only geofence() needs the configuration, and nobody else should have to have a valid one.
  const isPlaced = /geofence\s*\(/.test(expression ?? '')
  const { geofences } = isPlaced
    ? loadConfig(options.config, { registry, env: process.env }).config
    : { geofences: {} }
  printValues(expression ?? '', messages, { options, surroundings: surroundingsOf({ geofences }) })
}

/** For an expression that reads no field. */
const emptyMessage: Given = { value: Buffer.from('{}'), device: '', timestampMs: Date.now(), place: '' }

async function tryExpressionOnChannel(source: string, options: TryOptions): Promise<void> {
  const { config, folder } = loadConfig(options.config, { registry, env: process.env })
  const topic = channelTopic(config, options)
  await reachKafka(config)
  await withAdmin(config, async admin => {
    const surroundings = await presentSurroundings(config, { folder, admin })
    const messages = await lastMessages(admin, { topics: [topic], count: options.last ?? defaultLast })
    printValues(source, messages, { options, surroundings })
  })
}

interface Printing {
  readonly options: TryOptions
  readonly surroundings: Surroundings
}

function printValues(source: string, messages: readonly Given[], { options, surroundings }: Printing): void {
  const expression = compiled(source, surroundings)
  const paint = painter(process.stdout)
  const previous = new Map<string, Record<string, Json>>()
  let isTrue = 0
  for (const { value: bytes, device, place } of messages) {
    const fields = decodeFields(bytes, 0, bytes.length)
    if (fields === undefined) {
      const error = 'it is no JSON object'
      if (options.json) printJson({ message: place, error })
      else process.stdout.write(`${placeText(place, device)}${paint('red', error)}\n`)
      continue
    }
    const scope = { fields, previous: previous.get(device) ?? null, nowMs: systemClock.now() }
    const value = expression.value(scope)
    if (expression.test(scope)) isTrue++
    const kept: Record<string, Json> = {}
    for (const name of expression.remembered)
      if (Object.hasOwn(fields, name)) put(kept, name, fields[name] ?? null)
    previous.set(device, kept)
    if (options.json) {
      const told = value instanceof Fault ? { error: value.reason, at: value.at + 1 } : { value }
      process.stdout.write(`${encodeJson({ ...(place !== '' && { message: place }), ...told })}\n`)
    } else if (value instanceof Fault) {
      const why = `${paint('yellow', 'error')}: ${value.reason} (in a filter: false)`
      process.stdout.write(`${placeText(place, device)}${why}\n${excerpt(source, value.at)}\n`)
    } else process.stdout.write(`${placeText(place, device)}${encodeJson(value)}\n`)
  }
  if (options.json || messages.length < 2) return
  process.stdout.write(
    `${paint('dim', `as a filter it lets ${isTrue} of ${messages.length} messages pass`)}\n`
  )
}

function placeText(place: string, device: string): string {
  const about = [place, device].filter(Boolean).join(' ')
  return about === '' ? '' : `${about}: `
}

/** Throws `expression_invalid` with the place of the mistake. */
function compiled(source: string, { geofences }: Surroundings): Expression {
  try {
    return new Expression(source, { geofences })
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new FaultError('expression_invalid', { detail: error.message })
  }
}

async function trySteps(name: string, options: TryOptions, isGiven: boolean): Promise<void> {
  const { config, folder, mask } = loadConfig(options.config, { registry, env: process.env })
  const stream = streamIn(config, name, options)
  if (!isGiven) await reachKafka(config)
  await withAdmin(config, async admin => {
    const surroundings = await presentSurroundings(config, { folder, admin })
    const topics =
      options.channel === undefined ? topicsOf(stream, config.channels) : [channelTopic(config, options)]
    const isWanted = wantedBy(stream, config.channels, surroundings)
    const messages = isGiven
      ? await givenMessages(options)
      : await lastMessages(admin, { topics, count: options.last ?? defaultLast, isWanted })
    const pipeline = pipelineOf(stream, surroundings) ?? emptyPipeline(surroundings)
    const run = new Run(pipeline, systemClock)
    const paint = painter(process.stdout)
    for (const message of messages) {
      const isRead = !isGiven || isWanted === null || topics.some(topic => isWanted(asRead(message, topic)))
      const report = isRead ? run.of(message) : unread(message)
      const text = options.json ? encodeJson(report as unknown as Json) : reportText(report, paint) // plain data
      process.stdout.write(`${mask.apply(text)}\n`)
    }
    const { field } = stream.sequence ?? {}
    if (field !== undefined)
      process.stderr.write(`What is sent has its number in ${field}, which is given when it is sent.\n`)
    if (messages.length === 0) process.stderr.write('There are no messages that the stream wants.\n')
  })
}

function emptyPipeline({ attributes }: Surroundings): Pipeline {
  return new Pipeline({ steps: [], requires: [], attributes })
}

function channelTopic(config: Config, options: TryOptions): string {
  const names = Object.keys(config.channels)
  const name = options.channel ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined)
    throw new FaultError('usage', { detail: `name a channel with --channel: ${names.join(', ')}` })
  return channelIn(config, name, { config: options.config, option: '--channel' }).topic
}

/** A message that the stream leaves in its channel. */
function unread({ place, device }: Given): MessageReport {
  const detail = 'the stream does not want this device (from, where)'
  return { message: place, device, steps: [], end: 'unread', detail }
}

/** A given message as it would be read from the topic. */
function asRead({ device, timestampMs }: Given, topic: string): KeyedRecord {
  const key = device === '' ? null : Buffer.from(device)
  return keyedRecord({ key, timestampMs }, { topic, partition: 0 })
}
