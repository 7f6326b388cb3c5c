// What OsmAnd and the Traccar client send: the parameters of a URL or a form, one position in knots; or JSON with a
// location, in metres a second. Fields: traccar.org/osmand and OsmAndProtocolDecoder of traccar/traccar.

import type { Incoming } from '../../../connector.ts'
import { type Refusal, readIncoming } from '../../../shared/json/incoming.ts'
import { own } from '../../../shared/json/values.ts'
import {
  type FieldRule,
  type FormatTable,
  fieldOf,
  flatten,
  kmhPerKnot,
  kmhPerMetreSecond,
  objectIn,
  objectOf,
  times
} from './flatten.ts'

const table: FormatTable = {
  prefix: 'osmand',
  fields: {
    device_id: { name: 'ident' },
    'location.timestamp': { name: 'timestamp' },
    'location.coords.latitude': { name: 'position.latitude' },
    'location.coords.longitude': { name: 'position.longitude' },
    'location.coords.altitude': { name: 'position.altitude' },
    'location.coords.accuracy': { name: 'position.accuracy' },
    'location.coords.speed': { name: 'position.speed', convert: times(kmhPerMetreSecond) },
    'location.coords.heading': { name: 'position.direction', convert: times(1) },
    'location.battery.level': { name: 'battery.level', convert: times(100) }
  },
  opened: new Set(['location', 'location.coords', 'location.battery', 'location.activity', 'location.extras'])
}

/** One JSON object as a message. Never throws. */
export function readOsmand(entry: Buffer, receivedAtMs: number): Incoming | Refusal {
  const parsed = objectIn(entry)
  if (parsed === null) return readIncoming(entry, receivedAtMs) // which says what it is instead
  if (own(parsed, 'device_id') === undefined) return { reason: 'device_id is missing' }
  if (own(parsed, 'location') === undefined) return { reason: 'location is missing' }
  return readIncoming(Buffer.from(objectOf(flatten(entry, table))), receivedAtMs)
}

const numbers: Readonly<Record<string, FieldRule>> = {
  lat: { name: 'position.latitude' },
  lon: { name: 'position.longitude' },
  speed: { name: 'position.speed', convert: times(kmhPerKnot) },
  bearing: { name: 'position.direction' },
  heading: { name: 'position.direction' },
  altitude: { name: 'position.altitude' },
  accuracy: { name: 'position.accuracy' },
  hdop: { name: 'position.hdop' },
  batt: { name: 'battery.level' }
}

const texts: Readonly<Record<string, FieldRule>> = {
  id: { name: 'ident' },
  deviceid: { name: 'ident' },
  driverUniqueId: { name: 'driver.id' }
}

const parameters = {
  prefix: table.prefix,
  fields: { ...numbers, ...texts, timestamp: { name: 'timestamp' } }
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/

/** What URLSearchParams makes of bytes that are no UTF-8, percent-encoded: two devices might become one by it. */
const replacement = '%EF%BF%BD'

/** The parameters of one request as a message. Never throws. */
export function readParameters(given: URLSearchParams, receivedAtMs: number): Incoming | Refusal {
  if (`${given}`.includes(replacement)) return { reason: 'it is not UTF-8' }
  const valuesByName = new Map<string, string[]>()
  for (const [name, value] of given) {
    const values = valuesByName.get(name)
    if (values === undefined) valuesByName.set(name, [value])
    else values.push(value)
  }
  if (!valuesByName.has('id') && !valuesByName.has('deviceid')) return { reason: 'id is missing' }
  const fields = new Map<string, string>()
  for (const [name, values] of valuesByName) {
    const read = writtenOf(name, values)
    if (typeof read !== 'string') return read
    const [field, written] = fieldOf(name, read, parameters)
    if (fields.has(field)) return { reason: `${field} is given twice` }
    fields.set(field, written)
  }
  return readIncoming(Buffer.from(objectOf([...fields])), receivedAtMs)
}

/** What is given for a name, as JSON. */
function writtenOf(name: string, values: readonly string[]): string | Refusal {
  const [value = ''] = values
  if (!Object.hasOwn(parameters.fields, name))
    return values.length > 1 ? `[${values.map(literalOf).join()}]` : literalOf(value)
  if (values.length > 1) return { reason: `${name} is given twice` }
  if (name === 'timestamp') return timeOf(value)
  if (Object.hasOwn(texts, name)) return JSON.stringify(value)
  return jsonNumber.test(value) ? value : { reason: `${name} must be a number` }
}

/** Unix seconds, milliseconds, ISO 8601, or a date and a time of UTC with a blank between, as JSON for `timestamp`. */
function timeOf(value: string): string {
  if (/^\d{12,17}$/.test(value)) return `${Number(value.slice(0, -3))}.${value.slice(-3)}`
  if (jsonNumber.test(value)) return value
  return JSON.stringify(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value) ? `${value.replace(' ', 'T')}Z` : value
  )
}

/** A parameter says not what it is: a number or a truth value where it is written like one, so that it can be written back. */
function literalOf(value: string): string {
  const isPlain =
    value === 'true' || value === 'false' || (jsonNumber.test(value) && String(Number(value)) === value)
  return isPlain ? value : JSON.stringify(value)
}
