// Parameters of a record: `name:type:value`, separated by commas, with type 1 for an integer, 2 for a double and 3 for a
// text. `SOS:1:1` among them is the alarm.

import { maxInt32, minInt32, type Parameter } from '../../shared/wialon/report.ts'
import type { NameLimits } from '../../shared/wialon/rules.ts'
import { absent, decimal } from './values.ts'

const maxNameCharacters = 38
const maxTextCharacters = 1_344

const sos = 'SOS'
const types = { integer: 1, long: 1, double: 2, text: 3 } as const

const unfitForName = /[ ,:#;|\r\n\0]/g
const unfitForText = /[,;|\r\n\0]/g
const substitute = '_'

/** The alarm is no parameter that one may send. */
export const nameLimits: NameLimits = {
  reserved: new Set([sos]),
  clean: name => name.replace(unfitForName, substitute)
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

/** Null when one of them is none. */
export function readParameters(text: string): Parameters | null {
  const parameters: Parameter[] = []
  let alarm = false
  if (text === '' || text === absent) return { parameters, alarm }
  for (const item of text.split(',')) {
    const parameter = readParameter(item)
    if (parameter === null) return null
    if (parameter?.name !== sos) parameters.push(...(parameter === undefined ? [] : [parameter]))
    else alarm ||= parameter.kind === 'integer' && parameter.value === 1
  }
  return { parameters, alarm }
}

/** Undefined for one without a value. */
function readParameter(item: string): Parameter | undefined | null {
  const [, name = '', type = '', value = ''] = /^([^ :#]{1,38}):([123]):(.*)$/su.exec(item) ?? []
  if (type === '3') return value.length <= 2 * maxTextCharacters ? { name, kind: 'text', value } : null
  if (value === absent && name !== '') return undefined
  if (type === '1') return readInteger(name, value)
  return type === '2' && isNumber(value) ? { name, kind: 'double', value: Number(value) + 0 } : null
}

const mostDouble = /^-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?$/

function isNumber(text: string): boolean {
  return mostDouble.test(text) && Number.isFinite(Number(text))
}

/** One that 64 bits do not hold loses digits as a double. */
function readInteger(name: string, text: string): Parameter | null {
  if (!/^[+-]?\d{1,300}$/.test(text)) return null
  const value = Number(text) + 0
  if (value >= minInt32 && value <= maxInt32) return { name, kind: 'integer', value }
  const exact = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, exact) === exact
    ? { name, kind: 'long', value: exact }
    : { name, kind: 'double', value }
}
