// What travels in the metadata of every commit: the stream's birth, so that a partition that is added or opened by
// another member later starts where the stream did. Text, versioned, at most 4,096 bytes: "1;birth=<Unix ms>".

export interface CommitMetadata {
  readonly birthMs: number
}

export function encodeMetadata(metadata: CommitMetadata): string {
  return `1;birth=${metadata.birthMs}`
}

/** Null for metadata that is not ours or of a version that is not known: it says nothing then. */
export function decodeMetadata(text: string): CommitMetadata | null {
  const match = /^1;birth=(\d{1,16})(?:;|$)/.exec(text)
  return match === null ? null : { birthMs: Number(match[1]) }
}
