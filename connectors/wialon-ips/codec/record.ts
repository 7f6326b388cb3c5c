// A record, which is what a device reports at one time, as a line of fields:
//
//   short     date;time;lat;N|S;lon;E|W;speed;course;altitude;satellites
//   extended  ... ;hdop;inputs;outputs;adc;ibutton;parameters
//
// `NA`, or nothing, is a value that is not known. HDOP and the ADC values, which a report has no place for, are parameters of it.

import {
  maxInt32,
  minInt32,
  type Parameter,
  type Position,
  type Refusal,
  type Report,
  wholeCourse,
  wholeUpTo
} from '../../shared/wialon/report.ts'
import { latitudeAxis, longitudeAxis, readCoordinate, writeCoordinate } from './coordinates.ts'
import { fitText, readParameters, writeParameters } from './parameters.ts'
import { isInRange, readTime, writeTime } from './time.ts'
import { absent, decimal, isAbsent, readCount, readNumber } from './values.ts'

const maxUint32 = 2 ** 32 - 1
const maxSatellites = 255

/** The field that has one of its own in a record. */
export const hdopField = 'position.hdop'

export interface Writing {
  /** Whether a time may have a fraction of a second. */
  readonly hasFraction: boolean
  /** The parameter that is the HDOP. */
  readonly hdopName: string
}

/** The extended form of a report, or why there is none. */
export function writeRecord(report: Report, { hasFraction, hdopName }: Writing): string | Refusal {
  const { timeSeconds, position, inputs, outputs, driver, alarm } = report
  if (!isInRange(timeSeconds))
    return { reason: 'timestamp must be in the years 2000 to 2099: a year has two digits' }
  const place = placeOf(position)
  if (place === null) return { reason: 'position.latitude or position.longitude is beyond the globe' }
  const { hdop, adc, parameters } = split(report.parameters, hdopName)
  const fields = [
    writeTime(timeSeconds, hasFraction),
    place,
    known(position?.speedKmh, value => wholeUpTo(value, maxUint32)),
    known(position?.course, wholeCourse),
    known(position?.altitudeM, Math.round),
    known(position?.satellites, value => wholeUpTo(value, maxSatellites)),
    hdop,
    known(inputs, Math.round),
    known(outputs, Math.round),
    adc.join(','),
    driver === null || driver === '' ? absent : fitText(driver),
    writeParameters(parameters, alarm)
  ]
  return fields.join(';')
}

function known(value: number | null | undefined, whole: (value: number) => number): string {
  return value === null || value === undefined ? absent : decimal(whole(value) + 0)
}

/** Null for coordinates that there are not. */
function placeOf(position: Position | null): string | null {
  const { latitude = null, longitude = null } = position ?? {}
  if (latitude === null || longitude === null) return Array(4).fill(absent).join(';')
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null
  return `${writeCoordinate(latitude, latitudeAxis)};${writeCoordinate(longitude, longitudeAxis)}`
}

interface Split {
  readonly hdop: string
  readonly adc: readonly string[]
  readonly parameters: readonly Parameter[]
}

/** Takes out what has a field of its own: the HDOP, and adc1, adc2, ... as far as they go on without a gap. */
function split(all: readonly Parameter[], hdopName: string): Split {
  const numbers = new Map(all.flatMap(one => (one.kind === 'text' ? [] : [[one.name, one] as const])))
  const hdop = numbers.get(hdopName)
  const isHdop = hdop !== undefined && hdop.value >= 0
  const own = new Set<Parameter>(isHdop ? [hdop] : [])
  const adc: string[] = []
  for (let next = numbers.get('adc1'); next !== undefined; next = numbers.get(`adc${adc.length + 1}`)) {
    own.add(next)
    adc.push(textOf(next))
  }
  const parameters = all.filter(one => !own.has(one))
  return { hdop: isHdop ? textOf(hdop) : absent, adc, parameters }
}

function textOf({ value }: Parameter): string {
  return typeof value === 'number' ? decimal(value) : String(value)
}

/** The part of a record that is wrong; the answers to records tell these apart. */
export type RecordProblem =
  | 'structure'
  | 'time'
  | 'coordinates'
  | 'motion'
  | 'satellites'
  | 'inputs'
  | 'adc'
  | 'parameters'

export interface Reading {
  /** The device that has logged in. */
  readonly unit: string
  /** For a record without a time. */
  readonly receivedAtSeconds: number
  /** The parameter that the HDOP becomes. */
  readonly hdopName: string
}

const shortFields = 10
const extendedFields = 16

/**
 * `text` is without CRC. Which form it has is told by its fields, of which the last may be missing in the extended one; there
 * may be a separator behind the last.
 */
export function readRecord(text: string, reading: Reading): Report | RecordProblem {
  const fields = text.split(';')
  const isLonger = fields.length > extendedFields + 1 || (fields[extendedFields] ?? '') !== ''
  if (fields.length < shortFields || isLonger) return 'structure'
  const [date = '', time = '', ...rest] = fields
  const timeSeconds = readTime(date, time)
  if (timeSeconds === null) return 'time'
  const position = readPosition(rest.slice(0, 8))
  if (typeof position === 'string') return position
  const extension = readExtension(rest.slice(8), reading.hdopName)
  if (typeof extension === 'string') return extension
  return { unit: reading.unit, timeSeconds: timeSeconds ?? reading.receivedAtSeconds, position, ...extension }
}

function readPosition(fields: readonly string[]): Position | null | RecordProblem {
  const [latitude = '', north = '', longitude = '', east = '', ...rest] = fields
  const at = [readCoordinate(latitude, north, latitudeAxis), readCoordinate(longitude, east, longitudeAxis)]
  if (at.includes(null) || (at[0] === undefined) !== (at[1] === undefined)) return 'coordinates'
  const [speed = '', course = '', altitude = '', count = ''] = rest
  const motion = [readNumber(speed), readNumber(course), readNumber(altitude)] as const
  const satellites = readCount(count, maxSatellites)
  if (motion.includes(null) || (motion[0] ?? 0) < 0 || !isCourse(motion[1] ?? 0)) return 'motion'
  if (satellites === null) return 'satellites'
  const known = [...at, ...motion, satellites]
  if (known.every(value => value === undefined)) return null
  const [lat = null, lon = null, speedKmh = null, angle = null, altitudeM = null] = known
  const turned = angle === null ? null : angle % 360
  return {
    latitude: lat,
    longitude: lon,
    speedKmh,
    course: turned,
    altitudeM,
    satellites: satellites ?? null
  }
}

function isCourse(degrees: number): boolean {
  return degrees >= 0 && degrees <= 360
}

type Extension = Pick<Report, 'inputs' | 'outputs' | 'driver' | 'alarm' | 'parameters'>

function readExtension(fields: readonly string[], hdopName: string): Extension | RecordProblem {
  const [hdopText = '', inputsText = '', outputsText = '', adcText = '', driver = '', rest = ''] = fields
  const hdop = readNumber(hdopText)
  if (hdop === null || (hdop ?? 0) < 0) return 'satellites'
  const inputs = readCount(inputsText, maxUint32)
  const outputs = readCount(outputsText, maxUint32)
  if (inputs === null || outputs === null) return 'inputs'
  const adc = readAdc(adcText)
  if (adc === null) return 'adc'
  const read = readParameters(rest)
  if (read === null) return 'parameters'
  return {
    inputs: inputs ?? null,
    outputs: outputs ?? null,
    driver: isAbsent(driver) ? null : driver,
    alarm: read.alarm,
    parameters: [...(hdop === undefined ? [] : [numberOf(hdopName, hdop)]), ...adc, ...read.parameters]
  }
}

function readAdc(text: string): Parameter[] | null {
  if (isAbsent(text)) return []
  const values = text.split(',').map(readNumber)
  if (values.includes(null)) return null
  return values.flatMap((value, at) => (value == null ? [] : [numberOf(`adc${at + 1}`, value)]))
}

function numberOf(name: string, value: number): Parameter {
  const isInteger = Number.isInteger(value) && value >= minInt32 && value <= maxInt32
  return { name, kind: isInteger ? 'integer' : 'double', value }
}
