// What a report becomes in a Wialon Retranslator packet: the position, the inputs and outputs and the driver as the
// blocks that the protocol has for them, the alarm as a flag, and every parameter a block of its name. Pure; the rules,
// and what the protocol cannot carry, are in README.md.

import {
  maxInt32,
  type Parameter,
  type Position,
  type Refusal,
  type Report,
  wholeCourse,
  wholeUpTo
} from '../../shared/wialon/report.ts'
import type { NameLimits } from '../../shared/wialon/rules.ts'
import { type Block, flags, type Packet, type Position as PositionFields, reservedNames } from './packet.ts'

/** The field is unsigned, and still some receivers read it as a signed one. */
const maxSpeedKmh = 32_767

/** Any character may stand in a name and in a text. */
export const nameLimits: NameLimits = {
  reserved: reservedNames,
  clean: name => name,
  lossOfText: () => null
}

/** The packet of a report. Its time is cut to whole seconds. */
export function packetOf(report: Report): Packet | Refusal {
  const timeSeconds = Math.floor(report.timeSeconds)
  if (timeSeconds < 0 || timeSeconds > maxInt32)
    return { reason: `timestamp must be Unix seconds from 0 to ${maxInt32}, the last second of the protocol` }
  const { unit, inputs, outputs, driver, alarm } = report
  const position = report.position === null ? null : positionFields(report.position)
  const blocks: Block[] = []
  let set = alarm ? flags.alarm : 0
  const add = (flag: number, block: Block) => {
    set |= flag
    blocks.push(block)
  }
  const hidden = true
  if (position !== null) add(flags.position, { kind: 'position', value: position })
  if (inputs !== null) add(flags.inputs, { kind: 'integer', name: 'avl_inputs', hidden, value: inputs | 0 })
  if (outputs !== null)
    add(flags.outputs, { kind: 'integer', name: 'avl_outputs', hidden, value: outputs | 0 })
  if (driver !== null) add(flags.driver, { kind: 'text', name: 'avl_driver', hidden, value: driver })
  for (const parameter of report.parameters) blocks.push(blockOf(parameter))
  return { unit, timeSeconds, flags: set, blocks }
}

/** Written out, since a spread would cost as much as all the rest of a block. */
function blockOf({ kind, name, value }: Parameter): Block {
  return { kind, name, hidden: false, value } as Block // kind and value belong together as they did
}

/** What is not known is 0; null without latitude or longitude. */
function positionFields({ longitude, latitude, ...rest }: Position): PositionFields | null {
  if (longitude === null || latitude === null) return null
  return {
    longitude,
    latitude,
    altitudeM: rest.altitudeM ?? 0,
    speedKmh: wholeUpTo(rest.speedKmh ?? 0, maxSpeedKmh),
    course: wholeCourse(rest.course ?? 0),
    satellites: wholeUpTo(rest.satellites ?? 0, 255)
  }
}

/** The report of a packet: packetOf() the other way round. */
export function reportFrom({ unit, timeSeconds, flags: set, blocks }: Packet): Report {
  const own: Writable<Pick<Report, 'position' | 'inputs' | 'outputs' | 'driver'>> = {
    position: null,
    inputs: null,
    outputs: null,
    driver: null
  }
  const parameters: Parameter[] = []
  for (const block of blocks) {
    if (block.kind === 'position') own.position = block.value
    else if (block.name === 'avl_inputs' && block.kind === 'integer') own.inputs = block.value >>> 0
    else if (block.name === 'avl_outputs' && block.kind === 'integer') own.outputs = block.value >>> 0
    else if (block.name === 'avl_driver' && block.kind === 'text') own.driver = block.value
    else {
      const { hidden: _, ...parameter } = block
      parameters.push(parameter)
    }
  }
  return { unit, timeSeconds, ...own, alarm: (set & flags.alarm) !== 0, parameters }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }
