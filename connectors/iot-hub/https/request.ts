// Events of one device as a request of the HTTPS API (Send Device Event): one with its body as it is and its properties as
// headers, several as a JSON array in which bodies are in Base64.
//
//   POST /devices/{id}/messages/events?api-version=2021-04-12
//
// https://learn.microsoft.com/rest/api/iothub/device/send-device-event

import type { PostRequest } from '../../shared/http/exchange.ts'
import type { DeviceEvent } from '../event/events.ts'
import type { SystemProperties } from '../event/properties.ts'

const apiVersion = '2021-04-12'
const batchType = 'application/vnd.microsoft.iothub.json'

const systemNames: Readonly<Record<keyof SystemProperties, string>> = {
  messageId: 'iothub-messageid',
  correlationId: 'iothub-correlationid',
  contentType: 'iothub-contenttype',
  contentEncoding: 'iothub-contentencoding'
}

/** `authorization` is the token. */
export function requestOf(
  device: string,
  events: readonly DeviceEvent[],
  authorization: string
): PostRequest {
  const place = `/devices/${encodeURIComponent(device)}/messages/events`
  const [only] = events
  const isSingle = only !== undefined && events.length === 1
  const body = isSingle ? only.body : batchOf(events)
  return {
    path: `${place}?api-version=${apiVersion}`,
    headers: {
      authorization,
      'content-length': body.length,
      'user-agent': 'tailrace',
      'iothub-to': place,
      ...(isSingle ? headersOf(only) : { 'content-type': batchType })
    },
    body
  }
}

function headersOf(event: DeviceEvent): Record<string, string> {
  const { contentType } = event.system
  return { ...propertiesOf(event), ...(contentType !== undefined && { 'content-type': contentType }) }
}

function batchOf(events: readonly DeviceEvent[]): Buffer {
  const entries = events.map(event => {
    const body = event.body.toString('base64')
    return { body, properties: propertiesOf(event) }
  })
  return Buffer.from(JSON.stringify(entries))
}

function propertiesOf({ system, properties }: DeviceEvent): Record<string, string> {
  const known = Object.entries(system).map(([name, value]) => [
    systemNames[name as keyof SystemProperties], // it has no others
    value
  ])
  const own = properties.map(([name, value]) => [`iothub-app-${name}`, printable(value)])
  return Object.fromEntries([...known, ...own])
}

/**
 * Whatever is not printable ASCII is percent-encoded, so that no value ends a header, and the sign of percent, so that a reader can
 * undo it; in both forms, to be alike.
 */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+|%/g, encodeURIComponent)
}
