// Takes one file out of a zip archive. The few lines that this needs of the format (APPNOTE.TXT of PKWARE) spare us another
// program that would have to be there.

import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const endOfDirectory = 0x06054b50
const entryInDirectory = 0x02014b50
const deflated = 8

/** The content of the file `name` in the archive at `path`. Throws an Error where there is none. */
export function unzipped(path: string, name: string): Buffer {
  const archive = readFileSync(path)
  let end = archive.length - 22
  while (end >= 0 && archive.readUInt32LE(end) !== endOfDirectory) end--
  let at = archive.readUInt32LE(end + 16)
  while (archive.readUInt32LE(at) === entryInDirectory) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(offset =>
      archive.readUInt16LE(at + offset)
    )
    const nameEnd = at + 46 + (nameBytes ?? 0)
    if (archive.toString('utf8', at + 46, nameEnd) === name) return contentOf(archive, at)
    at = nameEnd + (extraBytes ?? 0) + (commentBytes ?? 0)
  }
  throw new Error(`${path} has no ${name}`)
}

/** `at` is the place of its entry in the directory, which says where it lies. */
function contentOf(archive: Buffer, at: number): Buffer {
  const [method, bytes, place] = [
    archive.readUInt16LE(at + 10),
    archive.readUInt32LE(at + 20),
    archive.readUInt32LE(at + 42)
  ]
  const start = place + 30 + archive.readUInt16LE(place + 26) + archive.readUInt16LE(place + 28)
  const content = archive.subarray(start, start + bytes)
  return method === deflated ? inflateRawSync(content) : content
}
