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

/** A span of offsets that always fits, whatever is settled in it: base64 makes 4 characters of 3 bytes. */
export const safeSpan = ((maxSettledBytes / 4) * 3 - 1) * 8

/** `runs` rise, do not touch, and lie at or above `base`. Runs that would not fit are left out from the end. */
export function encodeSettled(base: number, runs: readonly Run[]): string {
  if (runs.length === 0) return ''
  const asRuns = encodeRuns(base, runs)
  const last = runs[runs.length - 1]
  const span = last === undefined ? 0 : last.to - base
  const bytes = span > safeSpan || asRuns.length <= span / 8 ? asRuns : encodeBits(base, runs, span)
  const text = bytes.toString('base64url')
  return text.length <= maxSettledBytes ? text : encodeSettled(base, runs.slice(0, runs.length >> 1))
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

function encodeRuns(base: number, runs: readonly Run[]): Buffer {
  const bytes = [formRuns]
  let at = base
  for (const { from, to } of runs) {
    pushVarint(bytes, from - at)
    pushVarint(bytes, to - from)
    at = to
  }
  return Buffer.from(bytes)
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

function encodeBits(base: number, runs: readonly Run[], span: number): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil(span / 8))
  bytes[0] = formBits
  for (const { from, to } of runs) {
    for (let at = from - base; at < to - base; at++) {
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
