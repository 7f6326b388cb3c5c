// Reads the polygons of GeoJSON (RFC 7946), written as a mapping or as JSON text: a Polygon, a MultiPolygon, or
// Features of them. What else it may hold, such as properties and a bounding box of its own, does not matter here.

import { own } from '../../connectors/shared/json/values.ts'
import { sentence, within } from './position.ts'
import { type Reading, readPolygon } from './ring.ts'

/** All polygons of it, and all that is wrong; where anything is, the polygons are not all. */
export function readGeojson(written: unknown): Reading {
  const reading: Reading = { polygons: [], mistakes: [] }
  try {
    // trim() takes a byte order mark away too.
    const value: unknown = typeof written === 'string' ? JSON.parse(written.trim()) : written
    readTop(value, reading)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    reading.mistakes.push(`is a text that is not JSON: ${withoutText(error.message)}`)
  }
  return reading
}

/** The engine's sentence without the piece of the text, which may be of the wrong file. */
function withoutText(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*$/s, '').replace(/\s+/g, ' ')
}

function readTop(value: unknown, reading: Reading): void {
  switch (own(value, 'type')) {
    case 'FeatureCollection':
      readFeatures(own(value, 'features'), reading)
      break
    case 'Feature':
      readFeature(value, 'feature', reading)
      break
    default:
      readGeometry(value, '', reading)
  }
}

function readFeatures(features: unknown, reading: Reading): void {
  if (!Array.isArray(features) || features.length === 0) {
    reading.mistakes.push('has no features')
    return
  }
  for (const [index, feature] of features.entries()) {
    const where = `feature ${index}`
    if (own(feature, 'type') === 'Feature') readFeature(feature, where, reading)
    else reading.mistakes.push(sentence(where, `${typeOf(feature)}, which must be Feature`))
  }
}

function readFeature(feature: unknown, where: string, reading: Reading): void {
  const geometry = own(feature, 'geometry') ?? null
  if (geometry === null) reading.mistakes.push(sentence(where, 'has no geometry'))
  else readGeometry(geometry, where, reading)
}

function readGeometry(geometry: unknown, where: string, reading: Reading): void {
  const coordinates = own(geometry, 'coordinates')
  switch (own(geometry, 'type')) {
    case 'Polygon':
      readPolygon(coordinates, where, reading)
      break
    case 'MultiPolygon':
      readPolygons(coordinates, where, reading)
      break
    default: {
      const known =
        where === '' ? 'Polygon, MultiPolygon, Feature or FeatureCollection' : 'Polygon or MultiPolygon'
      reading.mistakes.push(sentence(where, `${typeOf(geometry)}, which must be ${known}`))
    }
  }
}

function readPolygons(coordinates: unknown, where: string, reading: Reading): void {
  if (!Array.isArray(coordinates) || coordinates.length === 0) {
    reading.mistakes.push(sentence(where, 'has no polygons'))
    return
  }
  for (const [index, polygon] of coordinates.entries())
    readPolygon(polygon, within(where, `polygon ${index}`), reading)
}

/** What type the value has; one that is no short word is none, and may be of the wrong file. */
function typeOf(value: unknown): string {
  const type = own(value, 'type')
  if (typeof type === 'string' && /^[A-Za-z]{1,20}$/.test(type)) return `has the type ${type}`
  return 'has no type'
}
