// Parameters of a record: `name:type:value`, separated by commas, with type 1 for an integer, 2 for a double and 3 for a
// text. `SOS:1:1` among them is the alarm.

import { maxInt32, minInt32, type Parameter } from '../../shared/wialon/report.ts'
import type { NameLimits } from '../../shared/wialon/rules.ts'
import { decimal, isAbsent } from './values.ts'

const maxNameCharacters = 38
const maxTextCharacters = 1_344

const sos = 'SOS'
const types = { integer: 1, long: 1, double: 2, text: 3 } as const

const unfitForName = /[ ,:#;|\r\n\0]/g
const unfitForText = /[,;|\r\n\0]/g
const hasUnfit = /[,;|\r\n]/
const substitute = '_'

/** The alarm is no parameter that one may send. */
export const nameLimits: NameLimits = {
  reserved: new Set([sos]),
  clean: name => name.replace(unfitForName, substitute),
  lossOfText: text => {
    if (text.length > maxTextCharacters && cut(text, maxTextCharacters) !== text) return 'a text cut short'
    return hasUnfit.test(text) ? 'characters replaced in a text' : null
  }
}

/** A text without the characters that would end it, as long as it may be at most. */
export function fitText(text: string): string {
  return cut(text.replace(unfitForText, substitute), maxTextCharacters)
}

/** Of two parameters whose names have become equal the first is kept. */
export function writeParameters(parameters: readonly Parameter[], alarm: boolean): string {
  const texts = new Map<string, string>()
  for (const parameter of parameters) {
    const name = cut(nameLimits.clean(parameter.name), maxNameCharacters)
    if (name === '' || name === sos || texts.has(name)) continue
    texts.set(name, `${name}:${types[parameter.kind]}:${textOf(parameter)}`)
  }
  return [...(alarm ? [`${sos}:1:1`] : []), ...texts.values()].join(',')
}

function textOf({ kind, value }: Parameter): string {
  if (kind === 'text') return fitText(value)
  return kind === 'double' ? decimal(value) : String(value)
}

/** Not in the middle of a pair of surrogates. */
function cut(text: string, characters: number): string {
  return text.length <= characters ? text : [...text].slice(0, characters).join('')
}

export interface Parameters {
  readonly parameters: readonly Parameter[]
  readonly alarm: boolean
}

/** Commas too many are passed over. Null when something between them is no parameter. */
export function readParameters(text: string): Parameters | null {
  const parameters: Parameter[] = []
  let alarm = false
  if (isAbsent(text)) return { parameters, alarm }
  for (const item of text.split(',')) {
    const parameter = item === '' ? undefined : readParameter(item)
    if (parameter === null) return null
    if (isAlarm(parameter)) alarm ||= parameter.value === 1
    else if (parameter !== undefined) parameters.push(parameter)
  }
  return { parameters, alarm }
}

/** Raised, or not; with anything else it is a parameter like others. */
function isAlarm(parameter: Parameter | undefined): parameter is Parameter & { kind: 'integer' } {
  return parameter?.name === sos && (parameter.value === 1 || parameter.value === 0)
}

/** Undefined for one without a value; null for what is none. Names and texts may be longer than the protocol has them. */
function readParameter(item: string): Parameter | undefined | null {
  const [, name = '', type = '', value = ''] = /^([^:]+):([123]):(.*)$/su.exec(item) ?? []
  if (type === '3') return { name, kind: 'text', value }
  if (name !== '' && isAbsent(value)) return undefined
  return (type === '1' ? readInteger(name, value) : null) ?? readDouble(name, value)
}

const mostDouble = /^[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?$/

function readDouble(name: string, text: string): Parameter | null {
  const value = Number(text) + 0
  return name !== '' && mostDouble.test(text) && Number.isFinite(value)
    ? { name, kind: 'double', value }
    : null
}

/** One that 64 bits do not hold loses digits as a double. Null for what is no integer. */
function readInteger(name: string, text: string): Parameter | null {
  if (!/^[+-]?\d{1,300}$/.test(text)) return null
  const value = Number(text) + 0
  if (value >= minInt32 && value <= maxInt32) return { name, kind: 'integer', value }
  const exact = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, exact) === exact
    ? { name, kind: 'long', value: exact }
    : { name, kind: 'double', value }
}
