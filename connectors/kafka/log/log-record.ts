// One record of a log as an object, for where single ones are looked at and not millions walked.

export interface Header {
  readonly key: string
  readonly value: Buffer | null
}

/** One record as an object of its own. Key and value are slices of what was fetched: copy what is to stay. */
export interface LogRecord {
  readonly offset: number
  /** When Kafka got it (LogAppendTime), or what its producer claims, in Unix ms. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}
