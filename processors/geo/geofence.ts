// The geofences of a configuration, ready to be asked for every message. All mistakes are found at once, and a geofence
// with one does not exist: a wrong shape would let messages through, or hold them back, without anybody noticing.

import type { GeofenceConfig, GeofencesConfig } from '../../schemas/geofences.ts'
import { Circle, circleMistakes } from './circle.ts'
import { Corridor, corridorMistakes } from './corridor.ts'
import { readGeojson } from './geojson.ts'
import { Polygons } from './polygons.ts'

/** A named area of the Earth. */
export interface Geofence {
  readonly name: string
  /**
   * Whether the position, in degrees (WGS 84), is inside or on the edge; false for what is no position, such as NaN or
   * a latitude of 91. Costs a few comparisons where it is far away.
   */
  contains(latitude: number, longitude: number): boolean
}

/** A sentence without a period; its subject, if it has one, is a part of the geofence: `ring 0, position 3 has ...`. */
export interface GeofenceMistake {
  readonly name: string
  readonly sentence: string
}

export interface CompiledGeofences {
  /** Those without mistakes, by name. */
  readonly geofences: ReadonlyMap<string, Geofence>
  readonly mistakes: readonly GeofenceMistake[]
}

/** More of one geofence are counted only: a file in another coordinate system has one for each position. */
const maxSentences = 20

type Area = Omit<Geofence, 'name'>
type Compiled =
  | { readonly kind: 'area'; readonly area: Area }
  | { readonly kind: 'mistakes'; readonly sentences: readonly string[] }

export function compileGeofences(config: GeofencesConfig): CompiledGeofences {
  const geofences = new Map<string, Geofence>()
  const mistakes: GeofenceMistake[] = []
  for (const [name, shape] of Object.entries(config)) {
    const compiled = compile(shape)
    if (compiled.kind === 'mistakes')
      mistakes.push(...shortened(compiled.sentences).map(sentence => ({ name, sentence })))
    else
      geofences.set(name, {
        name,
        contains: (latitude, longitude) => compiled.area.contains(latitude, longitude)
      })
  }
  return { geofences, mistakes }
}

/** The schema sees to it that there is one shape. */
function compile({ circle, corridor, geojson }: GeofenceConfig): Compiled {
  if (circle !== undefined) return unless(circleMistakes(circle), () => new Circle(circle))
  if (corridor !== undefined) return unless(corridorMistakes(corridor), () => new Corridor(corridor))
  const { polygons, mistakes } = readGeojson(geojson)
  return unless(mistakes, () => new Polygons(polygons))
}

function unless(sentences: readonly string[], build: () => Area): Compiled {
  return sentences.length > 0 ? { kind: 'mistakes', sentences } : { kind: 'area', area: build() }
}

function shortened(sentences: readonly string[]): readonly string[] {
  const more = sentences.length - maxSentences
  return more <= 0 ? sentences : [...sentences.slice(0, maxSentences), `has ${more} more mistakes`]
}
