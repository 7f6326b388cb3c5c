// What is at most half the width from a line, so its ends and bends are round. The line is taken apart into segments
// with a box each: asking the library of all of a long line would cost a message more than all else that it goes
// through.

import { lineString } from '@turf/helpers'
import { pointToLineDistance } from '@turf/point-to-line-distance'
import type { CorridorConfig } from '../../schemas/geofences.ts'
import { type Box, boxAround, holds } from './box.ts'
import { distanceM, farthestM } from './distance.ts'
import { type Position, positionMistakes, sentence, within } from './position.ts'

/** Two positions that are nearly opposite: the way between them depends on the last digits of their numbers. */
const longestSegmentM = farthestM - 10_000

export function corridorMistakes({ path, widthM }: CorridorConfig): string[] {
  const isLength = widthM > 0 && Number.isFinite(widthM)
  return [
    ...(path.length < 2 ? [`path has ${path.length} positions, but must have at least 2`] : []),
    ...path.flatMap((position, index) => positionMistakes(position, within('path', `position ${index}`))),
    ...segmentsOf(path).flatMap(([from, to], index) => oppositeMistake(from, to, index)),
    ...(isLength ? [] : [`widthM is ${widthM}, which must be a number above 0`])
  ]
}

function oppositeMistake(from: Position, to: Position, index: number): string[] {
  if (!(distanceM(from[1], from[0], to[1], to[0]) > longestSegmentM)) return []
  const where = within('path', `position ${index + 1}`)
  return [sentence(where, 'is on the other side of the Earth from the one before: put one in between')]
}

const segmentsOf = (path: readonly Position[]): [from: Position, to: Position][] =>
  path.slice(1).map((to, index) => [path[index] ?? to, to]) // there is one before each but the first

interface Segment {
  readonly box: Box
  readonly line: ReturnType<typeof lineString>
}

export class Corridor {
  readonly #box: Box
  readonly #segments: readonly Segment[]
  readonly #halfM: number

  /** For a configuration without mistakes. */
  constructor({ path, widthM }: CorridorConfig) {
    const halfM = widthM / 2
    this.#halfM = halfM
    this.#box = boxAround(path, halfM)
    this.#segments = segmentsOf(path).map(([from, to]) => ({
      box: boxAround([from, to], halfM),
      line: lineString([[...from], [...to]])
    }))
  }

  /** Whether the position, in degrees, is inside or on the edge. */
  contains(latitude: number, longitude: number): boolean {
    if (!holds(this.#box, latitude, longitude)) return false
    return this.#segments.some(
      ({ box, line }) =>
        holds(box, latitude, longitude) &&
        pointToLineDistance([longitude, latitude], line, { units: 'meters' }) <= this.#halfM
    )
  }
}
