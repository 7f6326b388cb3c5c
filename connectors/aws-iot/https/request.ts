// A PUBLISH as a request of the HTTPS API of AWS IoT Core (Publish): the topic in the path, what MQTT 5 has as properties
// in query and headers, the payload as the body.

import type { PostRequest } from '../../shared/http/exchange.ts'
import type { Publication } from '../../shared/mqtt/publish/publications.ts'

export function requestOf(
  { topic, payload, properties }: Publication,
  { qos, retain }: { readonly qos: number; readonly retain: boolean }
): PostRequest {
  const { contentType, messageExpiryInterval, userProperties = {} } = properties ?? {}
  const query = new URLSearchParams({ qos: String(qos) })
  if (retain) query.set('retain', 'true')
  if (contentType !== undefined) query.set('contentType', contentType)
  if (messageExpiryInterval !== undefined) query.set('messageExpiry', String(messageExpiryInterval))
  const pairs = Object.entries(userProperties).map(([name, value]) => ({ [name]: value }))
  return {
    path: `/topics/${encodeURIComponent(topic)}?${query}`,
    headers: {
      'content-length': payload.length,
      'user-agent': 'tailrace',
      ...(pairs.length > 0 && {
        'x-amz-mqtt5-user-properties': Buffer.from(JSON.stringify(pairs)).toString('base64')
      })
    },
    body: payload
  }
}
