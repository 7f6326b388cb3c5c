// Writes a number into a message, which is a JSON object. All else of it stays what it was.

import { decodeFields, encodeJson, holdsHuge, put } from '../../expression/json.ts'

/** Makes the message with a number of it. */
export type Form = (number: number) => Buffer

/** Null where the bytes are no JSON object that can be written again as it is. */
export function formOf(value: Buffer, field: string): Form | null {
  const fields = decodeFields(value, 0, value.length)
  if (fields === undefined || holdsHuge(value, 0, value.length)) return null
  return number => {
    put(fields, field, number)
    return Buffer.from(encodeJson(fields))
  }
}

/** What a number may add to a message at most. */
export function numberBytes(field: string): number {
  return Buffer.byteLength(JSON.stringify(field)) + ',:'.length + String(Number.MAX_SAFE_INTEGER).length
}
