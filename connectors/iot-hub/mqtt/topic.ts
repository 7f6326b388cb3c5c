// An event as a PUBLISH. Its properties stand in the topic, since MQTT 3.1.1 has no other place for them:
//
//   devices/{id}/messages/events/$.mid=fleet-0-7&$.ct=application%2Fjson&$.ce=utf-8&plate=AB%2012
//
// https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub

import type { Publication } from '../../shared/mqtt/publish/publications.ts'
import type { DeviceEvent } from '../event/events.ts'
import type { SystemProperties } from '../event/properties.ts'

/** The length of a topic is written in two bytes (MQTT 3.1.1, 1.5.3). */
export const maxTopicBytes = 65_535

const systemNames: Readonly<Record<keyof SystemProperties, string>> = {
  messageId: '$.mid',
  correlationId: '$.cid',
  contentType: '$.ct',
  contentEncoding: '$.ce'
}

export function publicationOf(device: string, event: DeviceEvent): Publication {
  const topic = `devices/${device}/messages/events/${bagOf(event)}`
  return { topic, payload: event.body, properties: null, propertiesBytes: 0 }
}

/** Encoded, neither a wildcard nor a slash is left in it. */
function bagOf({ system, properties }: DeviceEvent): string {
  const known = Object.entries(system).map(
    ([name, value]) => `${systemNames[name as keyof SystemProperties]}=${encodeURIComponent(value)}` // it has no others
  )
  const own = properties.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return [...known, ...own].join('&')
}
