// What a process says of itself as lines for people.

import type { ServiceStatus, StreamReport } from '../../service/admin/status.ts'
import { inText, stateLines, whyText } from '../shared/running.ts'
import { grouped } from '../terminal/progress.ts'
import { type Column, printable } from '../terminal/table.ts'
import { ageText } from '../terminal/values.ts'

interface StatusColumn extends Column {
  readonly cell: (stream: StreamReport, nowMs: number) => string
}

const styles: Readonly<Record<string, 'red' | 'yellow'>> = { halted: 'red', waiting: 'yellow' }

const secondsText = (seconds: number | null | undefined) =>
  typeof seconds === 'number' ? ageText(seconds * 1_000) : '-'

const columns: readonly StatusColumn[] = [
  { title: 'STREAM', cell: ({ name }) => name },
  { title: 'STATE', style: state => styles[state] ?? null, cell: ({ state }) => state },
  { title: 'LAG', isNumber: true, cell: ({ lag }) => grouped(lag) },
  { title: 'AGE', isNumber: true, cell: ({ oldestAgeSeconds }) => secondsText(oldestAgeSeconds) },
  { title: 'TO LOSS', isNumber: true, cell: ({ timeToLossSeconds }) => secondsText(timeToLossSeconds) },
  { title: 'HELD', isNumber: true, cell: ({ held }) => grouped(held.messages) },
  { title: 'DEAD LETTERS', isNumber: true, cell: ({ accounts }) => grouped(accounts.dead_lettered) },
  { title: 'REASON', cell: ({ trouble }) => trouble?.code ?? '' },
  { title: 'NEXT TRY', cell: ({ trouble }, nowMs) => nextText(trouble?.nextAttempt ?? null, nowMs) }
]

/** What no stream tells has no column. */
export function columnsOf(streams: readonly StreamReport[]): StatusColumn[] {
  const hasLoss = streams.some(({ timeToLossSeconds }) => typeof timeToLossSeconds === 'number')
  return columns.filter(({ title }) => title !== 'TO LOSS' || hasLoss)
}

export function rowOf(stream: StreamReport, shown: readonly StatusColumn[], nowMs: number): string[] {
  return shown.map(({ cell }) => cell(stream, nowMs))
}

function nextText(nextAttempt: string | null, nowMs: number): string {
  if (nextAttempt === null) return ''
  const leftMs = Date.parse(nextAttempt) - nowMs
  return leftMs <= 0 ? 'due' : `in ${inText(leftMs)}`
}

/** Of the process as a whole. */
export function headline({ version, phase, trouble, config, uptimeSeconds }: ServiceStatus, nowMs: number) {
  const about = `Tailrace ${version}, up for ${ageText(uptimeSeconds * 1_000)}, configuration ${config.generation}`
  // A process that does not start yet says why as a stream does.
  const [state] = stateLines({ state: phase, ...(trouble && { trouble }) }, nowMs)
  return `${about}: ${state}`
}

/** The reasons in words, with what a person can do where somebody has to; nothing of what goes on as it should. */
export function reasonLines({ streams, channels, config }: ServiceStatus, nowMs: number): string[] {
  const ofStreams = streams.flatMap(({ name, state, trouble }) => {
    if (trouble === undefined) return []
    const mending = state === 'halted' && trouble.hint !== undefined ? [`  ${printable(trouble.hint)}`] : []
    return [`${name}: ${whyText(trouble)}`, ...mending]
  })
  const ofChannels = channels.flatMap(({ name, trouble }) =>
    trouble === undefined ? [] : [`channel ${name}: ${whereOf(trouble)}${whyText(trouble)}`]
  )
  const refused = config.refused?.reasons.map(reason => `configuration refused: ${printable(reason)}`) ?? []
  return [...ofStreams, ...ofChannels, ...refused, ...expiryLines(config, nowMs)]
}

/** Which of its connections has it; nothing where it is Kafka that takes nothing. */
function whereOf({ source, url }: { readonly source?: string; readonly url?: string }): string {
  return source === undefined ? '' : `${source} ${url}: `
}

function expiryLines({ expiries = [] }: ServiceStatus['config'], nowMs: number): string[] {
  return expiries.flatMap(({ path, kind, expires, near }) => {
    if (!near) return []
    const leftMs = Date.parse(expires) - nowMs
    const when = leftMs <= 0 ? `expired ${ageText(-leftMs)} ago` : `expires in ${ageText(leftMs)}`
    return [`${path}: is a ${kind} that ${when}`]
  })
}

/** Does anything stay as it is until somebody acts? */
export function needsPerson({ streams, channels, config }: ServiceStatus): boolean {
  const connections = channels.flatMap(channel => channel.connections ?? [])
  return [...streams, ...connections].some(({ state }) => state === 'halted') || config.refused !== undefined
}
