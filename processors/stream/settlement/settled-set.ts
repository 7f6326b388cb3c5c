// The offsets settled above a commit point, as text that fits into the commit's metadata: what a restart or another
// member must not send again. Two forms, whichever is shorter: the lengths of runs, owed and settled in turn, as
// varints, which a few long waits fill slowly; and one bit per offset, which bounds what scattered waits can fill.

/** A run of settled offsets: from included, to excluded. */
export interface Run {
  readonly from: number
  readonly to: number
}

const formRuns = 0
const formBits = 1

/** What the text may take of the 4,096 bytes that Kafka allows; the rest is for the fields beside it. */
export const maxSettledBytes = 4_000

/** base64 makes 4 characters of 3 bytes. */
const maxRawBytes = (maxSettledBytes / 4) * 3

/** A span of offsets that always fits, whatever is settled in it: a bit for each, after the byte that tells the form. */
export const safeSpan = (maxRawBytes - 1) * 8

/**
 * `runs` rise, do not touch, and lie at or above `base`. What would not fit is left out from the end, and never what
 * lies within the safe span.
 */
export function encodeSettled(base: number, runs: readonly Run[]): string {
  if (runs.length === 0) return ''
  const asRuns = encodeRuns(base, runs)
  const bitsEnd = Math.min(runs[runs.length - 1]?.to ?? base, base + safeSpan)
  const isShorter = asRuns.bytes.length <= (bitsEnd - base) / 8
  const areRunsBetter = asRuns.end > bitsEnd || (asRuns.end === bitsEnd && isShorter)
  const bytes = areRunsBetter ? asRuns.bytes : encodeBits(base, runs, bitsEnd)
  return bytes.toString('base64url')
}

/** The runs of an encoded set; empty for text that is not understood: it says nothing then. */
export function decodeSettled(base: number, text: string): Run[] {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes[0] === formRuns) return decodeRuns(base, bytes)
  return bytes[0] === formBits ? decodeBits(base, bytes) : []
}

/** The offsets that are in `left` or `right`. */
export function union(left: readonly Run[], right: readonly Run[]): Run[] {
  const merged: Run[] = []
  for (const run of [...left, ...right].sort((a, b) => a.from - b.from)) {
    const last = merged[merged.length - 1]
    if (last === undefined || run.from > last.to) merged.push(run)
    else if (run.to > last.to) merged[merged.length - 1] = { from: last.from, to: run.to }
  }
  return merged
}

/** As many runs as fit, and where the last of them ends. */
function encodeRuns(base: number, runs: readonly Run[]): { bytes: Buffer; end: number } {
  const bytes = [formRuns]
  let [end, length] = [base, bytes.length]
  for (const { from, to } of runs) {
    pushVarint(bytes, from - end)
    pushVarint(bytes, to - from)
    if (bytes.length > maxRawBytes) break
    end = to
    length = bytes.length
  }
  return { bytes: Buffer.from(bytes.slice(0, length)), end }
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
}

function decodeRuns(base: number, bytes: Buffer): Run[] {
  const runs: Run[] = []
  let at = base
  let from = base
  let [value, scale, isSettled] = [0, 1, false]
  for (const byte of bytes.subarray(1)) {
    value += (byte % 128) * scale
    scale *= 128
    if (byte > 127) continue
    at += value
    if (isSettled && value > 0) runs.push({ from, to: at })
    from = at
    isSettled = !isSettled
    value = 0
    scale = 1
  }
  return runs
}

/** What lies below `end`. */
function encodeBits(base: number, runs: readonly Run[], end: number): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil((end - base) / 8))
  bytes[0] = formBits
  for (const { from, to } of runs) {
    for (let at = from - base; at < Math.min(to, end) - base; at++) {
      const index = 1 + (at >> 3)
      bytes[index] = (bytes[index] ?? 0) | (1 << (at & 7))
    }
  }
  return bytes
}

function decodeBits(base: number, bytes: Buffer): Run[] {
  const runs: Run[] = []
  let from = -1
  const bits = (bytes.length - 1) * 8
  for (let at = 0; at <= bits; at++) {
    const isSettled = at < bits && ((bytes[1 + (at >> 3)] ?? 0) & (1 << (at & 7))) !== 0
    if (isSettled && from < 0) from = at
    if (isSettled || from < 0) continue
    runs.push({ from: base + from, to: base + at })
    from = -1
  }
  return runs
}
