// The shape of `tracing` in the configuration: where spans go, and how many messages are traced.

import { type Static, Type } from 'typebox'
import { type Frozen, httpUrl, secret } from '../define.ts'

export const tracingSchema = Type.Object(
  {
    endpoint: {
      ...httpUrl('Where spans are sent by OTLP over HTTP; the path is that of traces, mostly /v1/traces.'),
      examples: ['http://collector:4318/v1/traces']
    },
    sampleRatio: Type.Number({
      description:
        'The part of the requests to HTTP sources whose messages are traced, from 0 to 1, of those that bring no traceparent; what a traceparent says counts always.',
      minimum: 0,
      maximum: 1,
      default: 0.01
    }),
    headers: Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }),
      secret('The value; write ${env:NAME} or ${file:path} for a secret one.', {
        pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$',
        'x-expects': 'text on one line',
        'x-secret': 'perhaps'
      }),
      { description: 'Headers for the collector, such as what proves who we are.', default: {} }
    )
  },
  {
    additionalProperties: false,
    description:
      'OpenTelemetry traces of messages, by the W3C trace context in HTTP and in headers of records. Default: none.'
  }
)

export type TracingConfig = Frozen<Static<typeof tracingSchema>>
