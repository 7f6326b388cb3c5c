// Plays every misbehaviour that the connector of a stream's target knows, and prints what became of each message.

import type { Misbehaviour } from '../../../connectors/connector.ts'
import { registry } from '../../../connectors/registry.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { topicsOf } from '../../../schemas/stream.ts'
import { type LoadOptions, loadConfig } from '../../service/config/load.ts'
import { counted, type Paint, painter, printJson } from '../output.ts'
import { type StreamOption, streamIn } from '../shared/stream.ts'
import { fileSurroundings } from '../shared/surroundings.ts'
import { type Observed, play } from '../test/observe.ts'
import { durationText, parseRule, parseSending } from '../test/suite/lines.ts'
import { contract } from '../test/suite/names.ts'
import { rehearsalOf } from '../test/suite/suite.ts'
import { type Cast, castOf } from './cast.ts'
import { breaches, type Fate, fatesOf } from './fates.ts'

export interface CertifyOptions extends StreamOption {
  readonly json?: true
}

const sendings = ['a1..a3 b1..b3 c1', '5s a4 b4'].flatMap(line => parseSending(line) ?? [])
const names = sendings.flatMap(sending => sending.names)

interface Case {
  readonly misbehaviour: Misbehaviour
  readonly observed: Observed
  readonly fates: ReadonlyMap<string, Fate>
  readonly breaches: readonly string[]
}

export async function certify(name: string, options: CertifyOptions): Promise<void> {
  const loading: LoadOptions = { registry, env: process.env, isRehearsal: true }
  const { config, folder } = loadConfig(options.config, loading)
  const stream = streamIn(config, name, options)
  const cast = castOf(stream, fileSurroundings(config, folder), sendings)
  const tested = { name, channels: config.channels, cast }
  const [kind = ''] = Object.keys(stream.target)
  const write = (text: string) => void (options.json || process.stdout.write(text))
  write(headText(name, kind, cast))
  const unproven = await nothingSent(tested)
  const cases: Case[] = []
  const played = unproven === null ? rehearsalOf(stream).misbehaviours(stream.target[kind]) : []
  for (const misbehaviour of played) {
    const one = await playCase(misbehaviour, tested)
    cases.push(one)
    write(textOf(one, painter(process.stdout)))
  }
  const isKept = unproven === null && cases.every(one => one.breaches.length === 0)
  process.exitCode = isKept ? 0 : 1
  write(endText(cases, unproven, painter(process.stdout)))
  if (!options.json) return
  printJson({
    ...{ stream: name, target: kind, ok: isKept, played: cast.notes },
    ...(unproven !== null && { unproven }),
    cases: cases.map(jsonOf)
  })
}

interface Tested {
  readonly name: string
  readonly channels: Config['channels']
  readonly cast: Cast
}

/** Why the target gets no message even where it accepts all, each reason with its messages; null where it gets any. */
async function nothingSent(tested: Tested): Promise<string[] | null> {
  const accepting = await playCase({ title: 'accepts everything', answers: [] }, tested)
  if (accepting.observed.delivered.length > 0) return null
  const { leftOut } = tested.cast
  return grouped(new Map(names.map(name => [name, leftOut.get(name) ?? whyOf(accepting, name)])))
}

function whyOf({ fates }: Case, name: string): string {
  const fate = fates.get(name)
  return fate === undefined ? '' : fateText({ ...fate, sent: 0 }) // however often it was tried
}

async function playCase(misbehaviour: Misbehaviour, { name, channels, cast }: Tested): Promise<Case> {
  const { config, surroundings, values, leftOut } = cast
  const rules = misbehaviour.answers.map(line => parseRule(line) ?? wrong(line))
  const observed = await play({
    ...{ sendings, deeds: [], values, untilMs: null, config },
    topics: topicsOf(config, channels),
    stage: () => ({
      ...{ stream: name, config, channels, surroundings, partitions: 1 },
      ...{ rehearsal: rehearsalOf(config), rules }
    })
  })
  return {
    ...{ misbehaviour, observed },
    fates: fatesOf(names, observed, leftOut),
    breaches: breaches(names, observed, leftOut)
  }
}

function wrong(line: string): never {
  throw new FaultError('internal', { detail: `no answer: ${line}` })
}

function headText(name: string, kind: string, { config, notes }: Cast): string {
  const { order, ttlSeconds, retry } = config
  const age = ttlSeconds === undefined ? 'any age' : `up to ${ttlSeconds} s old`
  const attempts = retry.maxAttempts === undefined ? 'without end' : `${retry.maxAttempts} times`
  const played = notes.length === 0 ? '' : `Played with ${notes.join(', ')}.\n`
  return `${played}${name}: order ${order}, messages of ${age}, tried ${attempts}. Its ${kind} target ...\n`
}

/** Messages of the same end stand together. */
function textOf({ misbehaviour, fates, breaches: wrongs }: Case, paint: Paint): string {
  const texts = new Map([...fates].map(([name, fate]) => [name, fateText(fate)]))
  const lines = grouped(texts).map(line => `      ${line}`)
  const sign = wrongs.length === 0 ? paint('green', '✔') : paint('red', '✘')
  const answers = paint('dim', `(${misbehaviour.answers.join(', ')})`)
  return `${[`${sign} ${misbehaviour.title}  ${answers}`, ...lines, ...wrongs.map(text => paint('red', `      ${text}`))].join('\n')}\n`
}

/** Lines of messages of which the same is said. */
function grouped(texts: ReadonlyMap<string, string>): string[] {
  const groups = new Map<string, string[]>()
  for (const [name, text] of texts) groups.set(text, [...(groups.get(text) ?? []), name])
  const width = Math.max(...[...groups.values()].map(names => contract(names).length))
  return [...groups].map(([text, names]) => `${contract(names).padEnd(width)}  ${text}`)
}

function fateText({ end, why, lastMs, sent: times }: Fate): string {
  const again = times > 1 ? `, sent ${times} times` : ''
  if (end === 'delivered') return `delivered after ${durationText(lastMs ?? 0)}${again}`
  if (end === 'dead letter') return `dead letter: ${why}${again}`
  if (end === 'held') return `waits in the held topic: ${why}`
  if (end === 'gone') return `${why}${again}`
  return `waits in Kafka; the stream: ${why}${again}`
}

function endText(cases: readonly Case[], unproven: readonly string[] | null, paint: Paint): string {
  if (unproven !== null) {
    const what =
      'accepts everything and yet gets no message that counts as delivered, so nothing can be shown'
    return `${paint('red', '✘')} ${[what, ...unproven.map(line => `      ${line}`)].join('\n')}\n`
  }
  const broken = cases.filter(one => one.breaches.length > 0).length
  if (broken > 0)
    return `${paint('red', `${broken} of ${counted(cases.length, 'case')}`)} not as promised. Please report this.\n`
  return `In ${paint('green', `all ${counted(cases.length, 'case')}`)} each message came to one end, and each device kept its order.\n`
}

function jsonOf({ misbehaviour, observed, fates, breaches: wrongs }: Case): unknown {
  const messages = Object.fromEntries(fates)
  return { ...misbehaviour, ok: wrongs.length === 0, breaches: wrongs, messages, requests: observed.requests }
}
