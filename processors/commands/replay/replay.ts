// Plans a replay, tells what it would be, asks, and carries it out.

import { systemClock } from '../../../connectors/clock.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import { counted, printJson } from '../output.ts'
import { type StreamOption, type StreamView, streamIn, withStream } from '../shared/stream.ts'
import { confirm } from '../terminal/confirm.ts'
import { untilInterrupted } from '../terminal/interrupt.ts'
import { grouped } from '../terminal/progress.ts'
import { ageText } from '../terminal/values.ts'
import { carryOut, type Outcome } from './carry-out.ts'
import { type Estimate, estimate } from './estimate.ts'
import { partsOf, type ResumedPart, replayName, resumed, type Selection } from './range.ts'

export interface ReplayOptions extends StreamOption {
  readonly device?: readonly string[]
  readonly from: number
  readonly to: number
  readonly target?: string
  readonly rate: number
  readonly everyPartition?: true
  readonly again?: true
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

/** Everything that is known before anything is sent. */
export interface Plan {
  readonly name: string
  /** Keeps how far it got. */
  readonly group: string
  readonly selection: Selection
  readonly parts: readonly ResumedPart[]
  /** Of the stream whose target is sent to. */
  readonly target: string
  readonly found: Estimate
  /** Some of it was sent before. */
  readonly goesOn: boolean
}

export async function replay(name: string, options: ReplayOptions): Promise<void> {
  await withStream(name, options, async stream => {
    const plan = await makePlan(stream, options)
    if (!options.json) process.stderr.write(planText(stream, plan, options))
    const isNothing = plan.found.messages === 0 || options.dryRun === true
    if (isNothing) return tell(stream, { plan, options, outcome: null })
    const question = `Send ${counted(plan.found.messages, 'message')} to the target of ${plan.target}?`
    if (options.yes !== true && !(await confirm(question))) {
      process.stdout.write('Nothing was sent.\n')
      process.exitCode = 1
      return
    }
    let outcome: Outcome | null = null
    await untilInterrupted(async signal => {
      outcome = await carryOut(stream, {
        plan,
        ratePerSecond: options.rate,
        quiet: options.json === true,
        signal
      })
    })
    tell(stream, { plan, options, outcome })
  })
}

async function makePlan(stream: StreamView, options: ReplayOptions): Promise<Plan> {
  const { admin, config, topics } = stream
  const { device: devices = [], from: fromMs, to, everyPartition = false } = options
  const toMs = Math.min(to, systemClock.now())
  if (fromMs >= toMs) throw new FaultError('usage', { detail: '--from must be before --to, and before now' })
  const target = options.target ?? stream.name
  checkUnnumbered(stream.name, config)
  checkUnnumbered(target, targetOf(stream, target))
  const commits = await admin.committed(config.group, topics)
  if (commits.every(({ next }) => next === null)) {
    const detail = `${stream.name} has never run: give it "start: ${new Date(fromMs).toISOString()}" instead`
    throw new FaultError('usage', { detail })
  }
  const selection = { topics, devices, fromMs, toMs, everyPartition }
  const all = await partsOf(admin, selection)
  const name = replayName(stream.name, target, selection)
  const group = `${config.group}.replay.${name}`
  const parts = options.again
    ? all.map(part => ({ ...part, metadata: '' }))
    : await resumed(admin, group, all)
  const left = (some: readonly { from: number; to: number }[]) =>
    some.reduce((sum, { from, to: end }) => sum + end - from, 0)
  const found = await estimate(admin, parts, { selection, quiet: options.json === true })
  return { name, group, selection, parts, target, found, goesOn: left(parts) < left(all) }
}

/** What is replayed carries no number, which a receiver of numbers would take for a loss or a fraud. Throws `usage`. */
function checkUnnumbered(name: string, { sequence }: Pick<StreamConfig, 'sequence'>): void {
  if (sequence === undefined) return
  const instead =
    'send dead letters with "tailrace dead-letters resend", all else with "tailrace offsets --to"'
  const detail = `${name} numbers its messages, and what is replayed has no place among them; ${instead}`
  throw new FaultError('usage', { detail })
}

/** The stream whose target is sent to. Throws `usage`. */
export function targetOf({ whole }: StreamView, name: string): StreamConfig {
  return streamIn(whole, name, { option: '--target' })
}

const timeText = (timeMs: number) => new Date(timeMs).toISOString().replace('.000Z', 'Z')

function planText(stream: StreamView, plan: Plan, { rate }: ReplayOptions): string {
  const { name, selection, found, goesOn, target, parts } = plan
  const { messages, bytes, devices, firstMs, lastMs } = found
  const head = `Replay ${name} of ${stream.name}, ${timeText(selection.fromMs)} to ${timeText(selection.toMs)}`
  const places = parts.map(({ topic, partition }) => `${topic}/${partition}`)
  const lines = [
    `${head}, to the target of ${target}:`,
    `  ${counted(messages, 'message')} (${grouped(bytes)} bytes) of ${counted(devices, 'device')}${where(places)}`,
    ...(firstMs === null || lastMs === null
      ? []
      : [
          `  which Kafka got from ${timeText(firstMs)} to ${timeText(lastMs)}`,
          `  at most ${rate}/s, so about ${ageText(Math.max(1_000, (messages / rate) * 1000))}`,
          '  in order among themselves, and not against the live traffic'
        ]),
    ...(goesOn ? ['  It goes on: what it sent before is left out (--again sends all).'] : [])
  ]
  return `${lines.join('\n')}\n`
}

function where(places: readonly string[]): string {
  if (places.length === 0) return ''
  return places.length > 3 ? ` in ${places.length} partitions` : ` in ${places.join(', ')}`
}

interface Told {
  readonly plan: Plan
  readonly options: ReplayOptions
  /** Null: nothing was begun. */
  readonly outcome: Outcome | null
}

function tell(stream: StreamView, { plan, options, outcome }: Told): void {
  const { found, name, group } = plan
  const { delivered = 0, deadLettered = 0, isComplete = false } = outcome ?? {}
  const isDone = outcome === null || (isComplete && deadLettered === 0)
  process.exitCode = isDone ? 0 : 1
  if (options.json) {
    const counts = {
      found: found.messages,
      devices: found.devices,
      bytes: found.bytes,
      delivered,
      deadLettered
    }
    printJson({
      replay: name,
      group,
      stream: stream.name,
      target: plan.target,
      ...counts,
      complete: isComplete
    })
    return
  }
  if (outcome === null)
    process.stdout.write(found.messages === 0 ? 'There is nothing to send.\n' : 'Nothing was sent.\n')
  else {
    const refused =
      deadLettered === 0 ? '' : `, ${grouped(deadLettered)} refused and now dead letters of ${stream.name}`
    process.stdout.write(
      `${grouped(delivered)} of ${counted(found.messages, 'message')} delivered${refused}.\n`
    )
    if (!isComplete) process.stdout.write(`Broken off. To go on:\n  ${commandLine(stream, plan, options)}\n`)
  }
}

/** The same replay, whenever it is given. */
function commandLine({ name }: StreamView, { selection, target }: Plan, options: ReplayOptions): string {
  const { devices, fromMs, toMs } = selection
  const times = [`--from ${new Date(fromMs).toISOString()}`, `--to ${new Date(toMs).toISOString()}`]
  return [
    `tailrace replay ${name} --config ${options.config}`,
    ...(devices.length > 0 ? [`--device ${devices.join(' ')}`] : []),
    ...times,
    ...(target === name ? [] : [`--target ${target}`]),
    ...(options.everyPartition ? ['--every-partition'] : []),
    ...(options.rate === 50 ? [] : [`--rate ${options.rate}/s`])
  ].join(' ')
}
