// The header that carries a trace from one process to the next (W3C Trace Context, level 1): over HTTP and in the headers of
// records. What is not valid is as good as none.
//
//   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//   version, trace, span of the sender, flags: 1 means that it is sampled

import { decodeHeaders } from '../../connectors/kafka/log/headers.ts'
import { headerBytesOf, type RecordView } from '../../connectors/kafka/log/message.ts'

export const traceHeader = 'traceparent'

export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
}

const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** Null where the text is not valid. Of later versions only what they have in common with ours is looked at. */
export function parseTraceParent(text: string): TraceParent | null {
  const [, version, traceId = '', spanId = '', flags = '', rest] = pattern.exec(text) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function formatTraceParent({ traceId, spanId, isSampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

export type Headed = Pick<RecordView, 'bytes' | 'headersStart' | 'headersEnd'>

/** What a record carries; null where that is nothing, or not valid. Its headers are decoded only where they have one. */
export function traceParentOf(record: Headed): TraceParent | null {
  const { bytes, headersStart, headersEnd } = record
  if (headerBytesOf(record) === 0) return null
  if (!bytes.subarray(headersStart, headersEnd).includes(traceHeader)) return null
  const header = decodeHeaders(bytes, headersStart, headersEnd).find(({ key }) => key === traceHeader)
  return header?.value ? parseTraceParent(header.value.toString()) : null
}
