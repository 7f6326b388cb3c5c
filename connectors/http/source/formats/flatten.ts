// Makes one flat message of a nested JSON object by a table: what the table names gets the name of the field, and
// everything else keeps its own path behind a prefix, so that nothing is lost and nothing collides. Values are copied as they are written:
// a number keeps all its digits unless its unit changes.

import { isUtf8 } from 'node:buffer'
import { MemberCursor } from '../../../shared/json/members.ts'
import { parseJson } from '../../../shared/json/values.ts'

/** What becomes of a value. `convert` gives the JSON to write for the JSON that is there, or null to copy it under its own path. */
export interface FieldRule {
  readonly name: string
  readonly convert?: (written: string) => string | null
}

export interface FormatTable {
  /** Before the paths of fields that have no rule: `traccar`. */
  readonly prefix: string
  /** Rules by path, names with dots between. */
  readonly fields: Readonly<Record<string, FieldRule>>
  /** Paths of the objects whose members are fields of their own. */
  readonly opened: ReadonlySet<string>
}

const openingBrace = 0x7b

/** The object that the bytes are; null when they are none. */
export function objectIn(bytes: Buffer): object | null {
  const parsed = isUtf8(bytes) ? parseJson(bytes.toString('utf8')) : undefined
  return typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : null
}

/** For bytes that JSON.parse has accepted as an object. Names and values are JSON, ready to be joined. */
export function flatten(object: Buffer, table: FormatTable): [name: string, written: string][] {
  const fields: [string, string][] = []
  const open = (start: number, end: number, path: string) => {
    const members = new MemberCursor(object, start, end)
    while (members.next()) {
      const name: string = JSON.parse(object.toString('utf8', members.nameStart - 1, members.nameEnd + 1))
      const { valueStart, valueEnd } = members
      const at = path === '' ? name : `${path}.${name}`
      if (table.opened.has(at) && object[valueStart] === openingBrace) open(valueStart, valueEnd, at)
      else fields.push(fieldOf(at, object.toString('utf8', valueStart, valueEnd), table))
    }
  }
  open(object.indexOf(openingBrace), object.length, '')
  return fields
}

/** The field that becomes of a value at a path. */
export function fieldOf(
  path: string,
  written: string,
  { fields, prefix }: Omit<FormatTable, 'opened'>
): [name: string, written: string] {
  const rule = Object.hasOwn(fields, path) ? fields[path] : undefined
  const converted = rule?.convert === undefined ? written : rule.convert(written)
  return rule === undefined || converted === null ? [`${prefix}.${path}`, written] : [rule.name, converted]
}

/** The JSON of one object of these fields. */
export function objectOf(fields: readonly (readonly [name: string, written: string])[]): string {
  return `{${fields.map(([name, written]) => `${JSON.stringify(name)}:${written}`).join()}}`
}

/** Multiplies a JSON number, which may not be negative, and leaves six decimals of it. */
export function times(factor: number): (written: string) => string | null {
  return written => {
    const value = Number(written)
    return /^\d/.test(written) && Number.isFinite(value) ? String(Number((value * factor).toFixed(6))) : null
  }
}

/** Kilometres an hour of a knot, and of a metre a second. */
export const kmhPerKnot = 1.852
export const kmhPerMetreSecond = 3.6
