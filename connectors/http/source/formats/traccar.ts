// The JSON that a Traccar server forwards (its `forward.type = json` and `event.forward.type = json`): an object with a position, in knots,
// and its device, or with an event. Fields: traccar.org/forward, and the model classes Position, Device and Event of traccar/traccar.

import type { Incoming } from '../../../connector.ts'
import { type Refusal, readIncoming } from '../../../shared/json/incoming.ts'
import { own, ownAt } from '../../../shared/json/values.ts'
import { type FormatTable, flatten, kmhPerKnot, objectIn, objectOf, times } from './flatten.ts'

const table: FormatTable = {
  prefix: 'traccar',
  fields: {
    'position.latitude': { name: 'position.latitude' },
    'position.longitude': { name: 'position.longitude' },
    'position.altitude': { name: 'position.altitude' },
    'position.speed': { name: 'position.speed', convert: times(kmhPerKnot) },
    'position.course': { name: 'position.direction' },
    'position.accuracy': { name: 'position.accuracy' },
    'position.valid': { name: 'position.valid' },
    'position.attributes.sat': { name: 'position.satellites' },
    'position.attributes.hdop': { name: 'position.hdop' },
    'position.attributes.ignition': { name: 'engine.ignition.status' },
    'position.attributes.batteryLevel': { name: 'battery.level' },
    'position.attributes.battery': { name: 'battery.voltage' },
    'position.attributes.power': { name: 'external.powersource.voltage' },
    'device.uniqueId': { name: 'ident' },
    'device.name': { name: 'device.name' },
    'event.type': { name: 'event.type' }
  },
  opened: new Set(['position', 'position.attributes', 'device', 'event'])
}

/** Where the time of a message is looked for, in this order. */
const timePaths = ['position.deviceTime', 'position.fixTime', 'event.eventTime', 'position.serverTime']

/** One forwarded object as a message. Never throws. */
export function readTraccar(entry: Buffer, receivedAtMs: number): Incoming | Refusal {
  const parsed = objectIn(entry)
  if (parsed === null) return readIncoming(entry, receivedAtMs) // which says what it is instead
  if (own(parsed, 'position') === undefined && own(parsed, 'event') === undefined)
    return { reason: 'it has neither position nor event' }
  if (ownAt(parsed, 'device.uniqueId') === undefined) return { reason: 'device.uniqueId is missing' }
  const time = timePaths
    .map(path => ownAt(parsed, path))
    .find(found => typeof found === 'string' || typeof found === 'number')
  const timestamp: [string, string][] = time === undefined ? [] : [['timestamp', JSON.stringify(time)]]
  return readIncoming(Buffer.from(objectOf([...flatten(entry, table), ...timestamp])), receivedAtMs)
}
