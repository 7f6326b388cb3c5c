// Lists the devices that wait in a stream's held topic; with --release or --discard writes there what a person wants.

import { FaultError } from '../../../schemas/errors.ts'
import { heldNote } from '../../stream/held/held-record.ts'
import { timeText } from '../dead-letters/letter.ts'
import { counted, printJson } from '../output.ts'
import { type StreamOption, type StreamView, withStream } from '../shared/stream.ts'
import { confirm } from '../terminal/confirm.ts'
import { grouped } from '../terminal/progress.ts'
import { writeTable } from '../terminal/table.ts'
import { ageText } from '../terminal/values.ts'
import { readWaiting, type Waiting } from './waiting.ts'

export interface HeldCommandOptions extends StreamOption {
  readonly release?: readonly string[]
  readonly discard?: readonly string[]
  readonly yes?: true
  readonly json?: true
}

const columns = [
  { title: 'DEVICE' },
  { title: 'PARTITION' },
  { title: 'MESSAGES', isNumber: true },
  { title: 'SINCE' },
  { title: 'AGE', isNumber: true },
  { title: 'CODE' },
  { title: 'ANSWER' }
] as const

export async function held(name: string, options: HeldCommandOptions): Promise<void> {
  await withStream(name, options, async stream => {
    const waiting = await readWaiting(stream.admin, stream.config)
    const { release = [], discard = [] } = options
    if (release.length + discard.length === 0) show(waiting, options, stream.config.held.topic)
    else await act(stream, waiting, options)
  })
}

function show(waiting: readonly Waiting[], { json }: HeldCommandOptions, topic: string): void {
  const nowMs = Date.now()
  if (json) {
    for (const one of waiting) printJson(jsonOf(one, nowMs))
    return
  }
  const rows = waiting.map(({ partition, device }) => [
    device.key.toString(),
    `${device.topic}/${partition}`,
    grouped(device.count),
    timeText(device.sinceMs),
    ageText(nowMs - device.sinceMs),
    device.why.code,
    device.why.answer
  ])
  if (rows.length > 0) writeTable(process.stdout, columns, rows)
  const messages = waiting.reduce((sum, { device }) => sum + device.count, 0)
  process.stderr.write(
    `${counted(waiting.length, 'device')} with ${grouped(messages)} message${messages === 1 ? '' : 's'} in ${topic}\n`
  )
}

function jsonOf({ partition, device }: Waiting, nowMs: number): Readonly<Record<string, unknown>> {
  const { key, topic, count, sinceMs, why } = device
  return {
    device: key.toString(),
    topic,
    partition,
    messages: count,
    since: new Date(sinceMs).toISOString(),
    ageSeconds: Math.round((nowMs - sinceMs) / 1000),
    code: why.code,
    answer: why.answer
  }
}

/** Writes one record for each device and partition in which it waits. */
async function act(
  { name, producer, config }: StreamView,
  waiting: readonly Waiting[],
  { release = [], discard = [], yes, json }: HeldCommandOptions
): Promise<void> {
  const find = (idents: readonly string[]) => idents.flatMap(ident => waitingAs(ident, waiting, name))
  const [released, discarded] = [find(release), find(discard)]
  const lost = discarded.reduce((sum, { device }) => sum + device.count, 0)
  const question = `Put ${grouped(lost)} messages of ${counted(discarded.length, 'device')} into the dead letters?`
  if (discarded.length > 0 && yes !== true && !(await confirm(question))) {
    process.stdout.write('Nothing was done.\n')
    process.exitCode = 1
    return
  }
  const notes = [
    ...released.map(one => ({ ...one, kind: 'release' as const })),
    ...discarded.map(one => ({ ...one, kind: 'discard' as const }))
  ]
  await producer.append(
    config.held.topic,
    notes.map(({ kind, device, partition }) => heldNote({ kind, topic: device.topic }, partition, device.key))
  )
  for (const { kind, ...one } of notes) {
    if (json) printJson({ ...jsonOf(one, Date.now()), asked: kind })
    else process.stdout.write(`${one.device.key}: ${told[kind]}\n`)
  }
}

const told = {
  release: 'it is tried at once where the stream runs, else as soon as it does',
  discard: 'what waits goes to the dead letters at once where the stream runs, else as soon as it does'
}

/** A device may wait in several channels and partitions. */
function waitingAs(ident: string, waiting: readonly Waiting[], stream: string): Waiting[] {
  const found = waiting.filter(({ device }) => device.key.toString() === ident)
  if (found.length === 0) throw new FaultError('held_device_unknown', { path: stream, detail: ident })
  return found
}
