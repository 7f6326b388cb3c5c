// Plays every misbehaviour that the connector of a stream's target knows, and prints what became of each message.

import type { Misbehaviour } from '../../../connectors/connector.ts'
import { registry } from '../../../connectors/registry.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { type StreamConfig, topicsOf } from '../../../schemas/stream.ts'
import { type LoadOptions, loadConfig } from '../../service/config/load.ts'
import type { Surroundings } from '../../service/streams/steps.ts'
import { counted, type Paint, painter, printJson } from '../output.ts'
import { type StreamOption, streamIn } from '../shared/stream.ts'
import { fileSurroundings } from '../shared/surroundings.ts'
import { type Observed, play } from '../test/observe.ts'
import { durationText, parseRule, parseSending } from '../test/suite/lines.ts'
import { contract } from '../test/suite/names.ts'
import { rehearsalOf } from '../test/suite/suite.ts'
import { breaches, type Fate, fatesOf } from './fates.ts'

export interface CertifyOptions extends StreamOption {
  readonly json?: true
}

const sent = ['a1..a3 b1..b3 c1', '5s a4 b4']

interface Case {
  readonly misbehaviour: Misbehaviour
  readonly observed: Observed
  readonly fates: ReadonlyMap<string, Fate>
  readonly breaches: readonly string[]
}

export async function certify(name: string, options: CertifyOptions): Promise<void> {
  const loading: LoadOptions = { registry, env: process.env, isRehearsal: true }
  const { config, folder } = loadConfig(options.config, loading)
  const surroundings = fileSurroundings(config, folder)
  const stream = streamIn(config, name, options)
  const [kind = ''] = Object.keys(stream.target)
  const cases: Case[] = []
  if (!options.json) process.stdout.write(headText(name, kind, stream))
  for (const misbehaviour of rehearsalOf(stream).misbehaviours(stream.target[kind])) {
    const one = await playCase(misbehaviour, { name, stream, channels: config.channels, surroundings })
    cases.push(one)
    if (!options.json) process.stdout.write(textOf(one, painter(process.stdout)))
  }
  const isKept = cases.every(one => one.breaches.length === 0)
  process.exitCode = isKept ? 0 : 1
  if (options.json) printJson({ stream: name, target: kind, ok: isKept, cases: cases.map(jsonOf) })
  else process.stdout.write(endText(cases, painter(process.stdout)))
}

interface Tested {
  readonly name: string
  readonly stream: StreamConfig
  readonly channels: Config['channels']
  readonly surroundings: Surroundings
}

async function playCase(misbehaviour: Misbehaviour, tested: Tested): Promise<Case> {
  const { name, stream, channels, surroundings } = tested
  const sendings = sent.flatMap(line => parseSending(line) ?? [])
  const names = sendings.flatMap(sending => sending.names)
  const rules = misbehaviour.answers.map(line => parseRule(line) ?? wrong(line))
  const config = { ...stream, paused: false }
  const observed = await play({
    ...{ sendings, deeds: [], values: {}, untilMs: null, config },
    topics: topicsOf(config, channels),
    stage: () => ({
      ...{ stream: name, config, channels, surroundings, partitions: 1 },
      ...{ rehearsal: rehearsalOf(config), rules }
    })
  })
  return { misbehaviour, observed, fates: fatesOf(names, observed), breaches: breaches(names, observed) }
}

function wrong(line: string): never {
  throw new FaultError('internal', { detail: `no answer: ${line}` })
}

function headText(name: string, kind: string, { order, ttlSeconds, retry }: StreamConfig): string {
  const age = ttlSeconds === undefined ? 'any age' : `up to ${ttlSeconds} s old`
  const attempts = retry.maxAttempts === undefined ? 'without end' : `${retry.maxAttempts} times`
  return `${name}: order ${order}, messages of ${age}, tried ${attempts}. Its ${kind} target ...\n`
}

/** Messages of the same end stand together. */
function textOf({ misbehaviour, fates, breaches: wrongs }: Case, paint: Paint): string {
  const groups = new Map<string, string[]>()
  for (const [name, fate] of fates) groups.set(fateText(fate), [...(groups.get(fateText(fate)) ?? []), name])
  const width = Math.max(...[...groups.values()].map(names => contract(names).length))
  const lines = [...groups].map(([text, names]) => `      ${contract(names).padEnd(width)}  ${text}`)
  const sign = wrongs.length === 0 ? paint('green', '✔') : paint('red', '✘')
  const answers = paint('dim', `(${misbehaviour.answers.join(', ')})`)
  return `${[`${sign} ${misbehaviour.title}  ${answers}`, ...lines, ...wrongs.map(text => paint('red', `      ${text}`))].join('\n')}\n`
}

function fateText({ end, why, lastMs, sent: times }: Fate): string {
  const again = times > 1 ? `, sent ${times} times` : ''
  if (end === 'delivered') return `delivered after ${durationText(lastMs ?? 0)}${again}`
  if (end === 'dead letter') return `dead letter: ${why}${again}`
  if (end === 'held') return `waits in the held topic: ${why}`
  if (end === 'gone') return `${why}${again}`
  return `waits in Kafka; the stream: ${why}${again}`
}

function endText(cases: readonly Case[], paint: Paint): string {
  const broken = cases.filter(one => one.breaches.length > 0).length
  if (broken > 0)
    return `${paint('red', `${broken} of ${counted(cases.length, 'case')}`)} not as promised. Please report this.\n`
  return `In ${paint('green', `all ${counted(cases.length, 'case')}`)} each message came to one end, and each device kept its order.\n`
}

function jsonOf({ misbehaviour, observed, fates, breaches: wrongs }: Case): unknown {
  const messages = Object.fromEntries(fates)
  return { ...misbehaviour, ok: wrongs.length === 0, breaches: wrongs, messages, requests: observed.requests }
}
