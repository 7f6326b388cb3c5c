// Functions of places. Latitudes and longitudes are degrees (WGS 84), distances kilometres along a great circle.

import { distanceM } from '../../geo/distance.ts'
import { suggestion } from '../../suggestion.ts'
import { isPlace, latitudeName, longitudeName, positionOf } from '../position.ts'
import { textOf } from '../syntax.ts'
import { Fault } from '../values.ts'
import { type FunctionSpec, plain } from './function.ts'

const noPlace = 'a latitude is from -90 to 90, a longitude from -180 to 180'
const noPosition = 'the message has no position'

const distance = plain({
  name: 'distance',
  usage: 'distance(latitude, longitude, latitude, longitude)',
  summary: 'The kilometres between two places.',
  examples: [{ expression: 'round(distance(52.52, 13.405, 48.137, 11.575))', result: 504 }],
  parameters: ['number', 'number', 'number', 'number'],
  fails: noPlace,
  compute: (latitude, longitude, otherLatitude, otherLongitude) =>
    isPlace(latitude, longitude) && isPlace(otherLatitude, otherLongitude)
      ? distanceM(latitude, longitude, otherLatitude, otherLongitude) / 1000
      : undefined
})

const distanceTo: FunctionSpec = {
  name: 'distance_to',
  usage: 'distance_to(latitude, longitude)',
  summary: 'The kilometres from the position of the message to a place.',
  examples: [
    {
      expression: 'distance_to(52.52, 13.405) < 1',
      message: { [latitudeName]: 52.521, [longitudeName]: 13.405 },
      result: true
    }
  ],
  takes: { least: 2, most: 2 },
  compile(call, compiler) {
    const { at } = call
    const here = [latitudeName, longitudeName].map(
      name => ({ kind: 'field', at, name, isOptional: false }) as const
    )
    return distance.compile({ ...call, args: [...here, ...call.args] }, compiler)
  }
}

const mileage: FunctionSpec = {
  name: 'mileage',
  usage: 'mileage()',
  summary:
    'The kilometres from the position of the message before of the same device; null for the first, and where one has none.',
  examples: [
    {
      expression: 'round(mileage(), 1)',
      message: { [latitudeName]: 52.53, [longitudeName]: 13.405 },
      previous: { [latitudeName]: 52.52, [longitudeName]: 13.405 },
      result: 1.1
    }
  ],
  takes: { least: 0, most: 0 },
  compile(_, compiler) {
    for (const name of [latitudeName, longitudeName]) {
      compiler.fields.add(name)
      compiler.remembered.add(name)
    }
    return ({ fields, previous }) => {
      const [to, from] = [positionOf(fields), previous && positionOf(previous)]
      if (to === null || from === null) return null
      return distanceM(from.latitude, from.longitude, to.latitude, to.longitude) / 1000
    }
  }
}

const geofence: FunctionSpec = {
  name: 'geofence',
  usage: 'geofence("name")',
  summary: 'Is the position of the message inside a shape of the section geofences?',
  examples: [
    {
      expression: 'geofence("depot")',
      message: { [latitudeName]: 52.52, [longitudeName]: 13.405 },
      result: true
    }
  ],
  takes: { least: 1, most: 1 },
  compile({ args: [arg], at }, compiler) {
    if (arg?.kind !== 'text')
      throw compiler.mistake('geofence() takes the name of a shape in quotes', arg?.at ?? at)
    const name = textOf(arg)
    const shape = compiler.geofences.get(name)
    if (shape === undefined) {
      const known = [...compiler.geofences.keys()]
      const list = known.length === 0 ? 'none is defined' : `there are: ${known.join(', ')}`
      const hint = suggestion(name, known) || ` (${list})`
      throw compiler.mistake(`there is no geofence ${JSON.stringify(name)}${hint}`, arg.at)
    }
    compiler.fields.add(latitudeName).add(longitudeName)
    const wrong = new Fault(noPosition, at)
    return ({ fields }) => {
      const [latitude, longitude] = [fields[latitudeName], fields[longitudeName]]
      if (typeof latitude !== 'number' || typeof longitude !== 'number') return wrong
      return shape.contains(latitude, longitude)
    }
  }
}

const previous: FunctionSpec = {
  name: 'previous',
  usage: 'previous("name")',
  summary: 'The value of a field in the message before of the same device; null where there is none.',
  examples: [
    {
      expression: '$engine.ignition.status != previous("engine.ignition.status")',
      message: { 'engine.ignition.status': true },
      previous: { 'engine.ignition.status': false },
      result: true
    }
  ],
  takes: { least: 1, most: 1 },
  compile({ args: [arg], at }, compiler) {
    if (arg?.kind !== 'text')
      throw compiler.mistake('previous() takes the name of a field in quotes', arg?.at ?? at)
    const name = textOf(arg)
    compiler.remembered.add(name)
    return scope => {
      const { previous: before } = scope
      return before !== null && Object.hasOwn(before, name) ? (before[name] ?? null) : null
    }
  }
}

export const placeFunctions: readonly FunctionSpec[] = [distance, distanceTo, geofence, mileage, previous]
