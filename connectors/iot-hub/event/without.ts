// A JSON object without one of its members; all else keeps its very bytes.

import { MemberCursor } from '../../shared/json/members.ts'
import { parseJson } from '../../shared/json/values.ts'

const comma = Buffer.from(',')

/** What is no JSON object stays as it is. */
export function withoutMember(bytes: Buffer, name: string): Buffer {
  const start = bytes.indexOf('{')
  const object = parseJson(bytes.toString())
  if (start < 0 || typeof object !== 'object' || object === null || Array.isArray(object)) return bytes
  if (!Object.hasOwn(object, name)) return bytes
  const wanted = Buffer.from(name)
  const cursor = new MemberCursor(bytes, start, bytes.lastIndexOf('}') + 1)
  const parts: Buffer[] = []
  while (cursor.next())
    if (!cursor.isNamed(wanted))
      parts.push(parts.length === 0 ? noBytes : comma, bytes.subarray(cursor.nameStart - 1, cursor.valueEnd))
  return Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}')])
}

const noBytes = Buffer.alloc(0)
