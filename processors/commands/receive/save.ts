// Keeps what arrived in a file, one message a line, each as the very bytes that came. A request is on its way to
// the disk before it is answered: what the file lacks was never confirmed.

import { closeSync, openSync, writeSync } from 'node:fs'
import { jsonEntries, LineEntries } from '../../../connectors/shared/json/entries.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'

const newline = Buffer.from('\n')

export class SaveFile {
  readonly #fd: number

  /** Appends to `path`. Throws a FaultError `file_unwritable`. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, 'a')
    } catch (cause) {
      throw new FaultError('file_unwritable', { path, detail: messageOf(cause), cause })
    }
  }

  /** `body` is valid JSON or NDJSON. */
  append(body: Buffer, isNdjson: boolean): void {
    const entries = isNdjson ? new LineEntries(body) : jsonEntries(body)
    const parts: Buffer[] = []
    while (entries.next()) parts.push(body.subarray(entries.start, entries.end), newline)
    writeSync(this.#fd, Buffer.concat(parts))
  }

  close(): void {
    closeSync(this.#fd)
  }
}
