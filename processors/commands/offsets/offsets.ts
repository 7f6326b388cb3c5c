// Shows where a stream stands; with --to says what moving it would mean, asks, and moves it.

import type { GroupMember } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { birthOf } from '../../stream/assignment/birth.ts'
import { counted, printJson } from '../output.ts'
import { stateLines, troubledHere } from '../shared/running.ts'
import { type StreamOption, type StreamView, withStream } from '../shared/stream.ts'
import { confirm } from '../terminal/confirm.ts'
import { grouped } from '../terminal/progress.ts'
import { writeTable } from '../terminal/table.ts'
import type { Destination } from './destination.ts'
import { carryOut, type Move, planMoves } from './moves.ts'
import { lagOf, lostOf, type Position, readStanding } from './positions.ts'

export interface OffsetsOptions extends StreamOption {
  readonly to?: Destination
  readonly yes?: true
  readonly json?: true
}

export async function offsets(name: string, options: OffsetsOptions): Promise<void> {
  await withStream(name, options, async stream => {
    if (options.to === undefined) await showStanding(stream, options)
    else await move(stream, options.to, options)
  })
}

/** Where it stands, and who runs it. */
async function look({ admin, config, topics }: StreamView) {
  const { group, start } = config
  const newBirthMs = birthOf(start, Date.now())
  const [standing, members] = await Promise.all([
    readStanding(admin, { group, topics, newBirthMs }),
    admin.members(group)
  ])
  return { ...standing, members, group }
}

async function showStanding(stream: StreamView, { json }: OffsetsOptions): Promise<void> {
  const { positions, members, group } = await look(stream)
  const state = members.length === 0 ? null : await troubledHere({ ...stream.whole, group }, stream.name)
  if (json) {
    const why = state !== null && { state: state.state, trouble: state.trouble }
    const partitions = positions.map(positionJson)
    return printJson({ stream: stream.name, group, members, ...why, partitions })
  }
  const rows = positions.map(position => [
    `${position.topic}/${position.partition}`,
    grouped(position.start),
    position.committed === null ? '-' : grouped(position.committed),
    grouped(position.settledAhead),
    grouped(position.end),
    grouped(lagOf(position))
  ])
  const titles = ['START', 'COMMITTED', 'AHEAD', 'END', 'LAG'].map(
    title => ({ title, isNumber: true }) as const
  )
  writeTable(process.stdout, [{ title: 'PARTITION' }, ...titles], rows)
  for (const position of positions.filter(one => lostOf(one) > 0)) process.stdout.write(lostLine(position))
  const lag = positions.reduce((sum, position) => sum + lagOf(position), 0)
  process.stdout.write(`Lag ${grouped(lag)}. ${runningLine(members)}\n`)
  if (state !== null) process.stdout.write(`It is ${stateLines(state, Date.now()).join('\n')}\n`)
}

function positionJson(position: Position): Readonly<Record<string, unknown>> {
  const { topic, partition, start, committed, settledAhead, end } = position
  return {
    topic,
    partition,
    start,
    committed,
    settledAhead,
    end,
    lag: lagOf(position),
    lost: lostOf(position)
  }
}

function lostLine({ topic, partition, next, start, end }: Position): string {
  const held = `Kafka holds ${grouped(start)} to ${grouped(end)}`
  return `${topic}/${partition} goes on at ${grouped(next)}, but ${held}: the stream halts there until it is moved.\n`
}

function runningLine(members: readonly GroupMember[]): string {
  return members.length === 0 ? 'The stream runs nowhere.' : `The stream runs here: ${membersText(members)}.`
}

function membersText(members: readonly GroupMember[]): string {
  return members.map(({ id, host }) => `${id} at ${host}`).join(', ')
}

async function move(stream: StreamView, to: Destination, { yes, json }: OffsetsOptions): Promise<void> {
  const { positions, birthMs, members, group } = await look(stream)
  const moves = await planMoves(stream.admin, positions, to)
  if (!json) printMoves(moves)
  if (members.length > 0)
    throw new FaultError('group_busy', { path: stream.name, detail: membersText(members) })
  const moved = yes === true || (!json && (await confirm(`Move ${stream.name}?`)))
  if (moved) await carryOut(stream.admin, { group, birthMs, moves })
  const told = moves.map(({ numbers, ...one }) => one)
  if (json) printJson({ stream: stream.name, group, moves: told, moved })
  else process.stdout.write(moved ? `Moved ${counted(moves.length, 'partition')}.\n` : 'Nothing was moved.\n')
  if (!moved) process.exitCode = json ? 2 : 1
}

function printMoves(moves: readonly Move[]): void {
  const titles = ['FROM', 'TO', 'REPEATED', 'SKIPPED', 'LOST'].map(
    title => ({ title, isNumber: true }) as const
  )
  const rows = moves.map(({ topic, partition, from, to: next, repeated, skipped, lost }) => [
    `${topic}/${partition}`,
    ...[from, next, repeated, skipped, lost].map(grouped)
  ])
  writeTable(process.stdout, [{ title: 'PARTITION' }, ...titles], rows)
  const sum = (of: (move: Move) => number) => grouped(moves.reduce((total, one) => total + of(one), 0))
  const repeated = sum(one => one.repeated)
  const skipped = sum(one => one.skipped)
  process.stdout.write(`At most ${repeated} messages would be sent again, ${skipped} never.\n`)
  const lost = moves.reduce((total, one) => total + one.lost, 0)
  if (lost > 0)
    process.stdout.write(
      `At most ${grouped(lost)} are lost: Kafka has deleted them, and no move brings them back.\n`
    )
}
