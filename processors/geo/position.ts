// A position on the Earth in the order of GeoJSON, and what can be wrong with one. Mistakes are sentences without a
// period whose subject, if any, says where: `ring 0, position 3`.

/** Degrees (WGS 84): the longitude first, as GeoJSON has it. */
export type Position = readonly [longitude: number, latitude: number]

/** A place inside of another: `feature 2` and `ring 0` make `feature 2, ring 0`. Empty is the shape as a whole. */
export const within = (where: string, part: string): string => (where === '' ? part : `${where}, ${part}`)

/** A sentence about a place; about the shape as a whole it has no subject. */
export const sentence = (where: string, predicate: string): string => `${where} ${predicate}`.trimStart()

/** What is wrong with the two numbers of a position. */
export function positionMistakes([longitude, latitude]: Position, where: string): string[] {
  return [...outside(where, { latitude }, 90), ...outside(where, { longitude }, 180)]
}

function outside(where: string, named: Readonly<Record<string, number>>, limit: number): string[] {
  return Object.entries(named)
    .filter(([, value]) => !(Math.abs(value) <= limit)) // NaN is outside too
    .map(([name, value]) =>
      sentence(where, `has the ${name} ${value}, which must be from -${limit} to ${limit}`)
    )
}
