// The shape of the section `geofences`: areas by name, each a circle, a corridor along a line, or GeoJSON. The schema
// looks at their outline only; whether positions are on the Earth and rings are closed is seen where they are compiled
// (processors/geo/geofence.ts), in words that say which position it is.

import { type Static, Type } from 'typebox'
import { type Frozen, named } from './define.ts'

const positionWords = '[longitude, latitude] in degrees'

/** A list and not a TypeBox tuple, as sentences and pages have words for lists only. */
const position = (description: string) =>
  Type.Unsafe<[longitude: number, latitude: number]>(
    Type.Array(Type.Number({ description: 'Degrees (WGS 84).' }), {
      description,
      minItems: 2,
      maxItems: 2,
      'x-expects': positionWords,
      examples: [[24.7536, 59.437]]
    })
  )

const meters = (description: string) => Type.Number({ description, exclusiveMinimum: 0, examples: [250] })

const circleSchema = Type.Object(
  {
    center: position('Its center: [longitude, latitude], in the order of GeoJSON.'),
    radiusM: meters('Metres from the center to the edge.')
  },
  { additionalProperties: false, description: 'What is at most so far from a center.' }
)

const corridorSchema = Type.Object(
  {
    path: Type.Array(position('A position of the line: [longitude, latitude].'), {
      description: 'The line, by its positions in order; between two of them it runs the shortest way.',
      minItems: 2,
      'x-expects': `a list of at least two positions, each ${positionWords}`
    }),
    widthM: meters('Metres from edge to edge: half of them on each side of the line, and around its ends.')
  },
  { additionalProperties: false, description: 'What is along a line: a road, a route, a border.' }
)

/** Without a type, as it is a mapping or a text. */
const geojson = Type.Unsafe<object | string>({
  description:
    'GeoJSON: a Polygon or MultiPolygon, holes included, or a Feature or FeatureCollection of them, as a mapping or as JSON text. Edges are inside. A shape over the antimeridian must be split there (RFC 7946, 3.1.9).',
  'x-expects': 'GeoJSON, as a mapping or a text such as "${file:depot.geojson}"',
  'x-public': true
})

const geofenceSchema = Type.Object(
  {
    circle: Type.Optional(circleSchema),
    corridor: Type.Optional(corridorSchema),
    geojson: Type.Optional(geojson)
  },
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    description: 'A named area: exactly one of circle, corridor and geojson.',
    'x-expects': 'one shape, written as "circle: {...}", "corridor: {...}" or "geojson: {...}"'
  }
)

export const geofencesSchema = named(
  geofenceSchema,
  'Areas by name, to ask of a position whether it is inside.'
)

export type CircleConfig = Frozen<Static<typeof circleSchema>>
export type CorridorConfig = Frozen<Static<typeof corridorSchema>>
export type GeofenceConfig = Frozen<Static<typeof geofenceSchema>>
export type GeofencesConfig = Readonly<Record<string, GeofenceConfig>>
