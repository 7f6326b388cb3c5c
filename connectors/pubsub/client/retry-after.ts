// When a server asks to come back: google.rpc.RetryInfo among the details of a status, or the header retry-after. The details
// are a google.rpc.Status in its bytes (google/rpc/status.proto, error_details.proto), of which no more is read than this.

const retryInfo = /^[^/]*\/google\.rpc\.RetryInfo$/
const maxRetryAfterMs = 3_600_000

/** What the trailers of an answer hold under these names; each at most once is looked at. */
export interface Trailers {
  readonly statusDetails: Buffer | undefined
  readonly retryAfter: string | undefined
}

/** In ms, at most an hour; undefined when nothing is said, or nothing that can be read. */
export function retryAfterOf({ statusDetails, retryAfter }: Trailers): number | undefined {
  const seconds = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1_000 : undefined
  const waitMs = (statusDetails && delayOf(statusDetails)) ?? seconds
  return waitMs === undefined ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs)
}

/** Status { repeated Any details = 3 }, Any { type_url = 1, value = 2 }, RetryInfo { Duration retry_delay = 1 }. */
function delayOf(status: Buffer): number | undefined {
  for (const detail of fieldsOf(status)) {
    if (detail.number !== 3 || typeof detail.value === 'number') continue
    const any = [...fieldsOf(detail.value)]
    const type = bytesOf(any, 1)?.toString() ?? ''
    const delay = retryInfo.test(type)
      ? bytesOf([...fieldsOf(bytesOf(any, 2) ?? Buffer.alloc(0))], 1)
      : undefined
    if (delay !== undefined) return durationMs(delay)
  }
  return undefined
}

/** Duration { int64 seconds = 1, int32 nanos = 2 }. */
function durationMs(duration: Buffer): number {
  const fields = [...fieldsOf(duration)]
  const numberOf = (wanted: number) => {
    const value = fields.find(({ number }) => number === wanted)?.value
    return typeof value === 'number' ? value : 0
  }
  return numberOf(1) * 1_000 + Math.ceil(numberOf(2) / 1e6)
}

interface Field {
  readonly number: number
  readonly value: number | Buffer
}

function bytesOf(fields: readonly Field[], wanted: number): Buffer | undefined {
  const value = fields.find(({ number }) => number === wanted)?.value
  return typeof value === 'number' ? undefined : value
}

/** The fields of a message that are varints or have a length; it ends at the first that is neither, or is cut off. */
function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0
  const varint = () => {
    let [value, scale] = [0, 1]
    while (at < bytes.length) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 128
    }
    return value
  }
  while (at < bytes.length) {
    const tag = varint()
    const [number, type] = [Math.floor(tag / 8), tag % 8]
    if (type === 0) yield { number, value: varint() }
    else if (type === 2) {
      const length = varint()
      yield { number, value: bytes.subarray(at, at + length) }
      at += length
    } else return
  }
}
