// Bodies of several raw messages: every byte is copied once, straight from the fetch response into the body.
// Nothing is parsed, so numbers, spacing and key order arrive as they were sent.

import type { Message } from '../../connector.ts'

const comma = 0x2c
const newline = 0x0a
const space = 0x20
const openBracket = 0x5b
const closeBracket = 0x5d
const nothing = Buffer.from('null')

/** `[a,b,c]` of at least one message. */
export function arrayBody(messages: readonly Message[]): Buffer {
  const body = Buffer.allocUnsafeSlow(bodyLength(messages) + 1)
  body[0] = openBracket
  const end = put(messages, comma, { body, at: 1 })
  body[end - 1] = closeBracket
  return body
}

/**
 * One message a line, every line ended by a newline. A newline inside a message can only stand between tokens (JSON
 * forbids it in strings), so a space in its place changes the line but not the value.
 */
export function ndjsonBody(messages: readonly Message[]): Buffer {
  const body = Buffer.allocUnsafeSlow(bodyLength(messages))
  put(messages, space, { body, at: 0 })
  for (let at = body.indexOf(newline); at !== -1; at = body.indexOf(newline, at)) body[at] = space
  let at = 0
  for (const message of messages) {
    at += lengthOf(message)
    body[at++] = newline
  }
  return body
}

/** The values, and one byte after each. */
function bodyLength(messages: readonly Message[]): number {
  let length = messages.length
  for (const message of messages) length += lengthOf(message)
  return length
}

/** A record without value has no JSON; `null` stands in for it, so that the body stays well-formed. */
function lengthOf(message: Message): number {
  return message.end > message.start ? message.end - message.start : nothing.length
}

/** Copies the values, each with `separator` behind it; returns where they end. */
function put(
  messages: readonly Message[],
  separator: number,
  { body, at }: { body: Buffer; at: number }
): number {
  let source: Buffer = nothing
  let { buffer, byteOffset }: Buffer = source
  let to = at
  for (const { bytes, start, end } of messages) {
    const length = end - start
    if (length > 0) {
      // Asking a Buffer for what it is a view of takes longer than the copy, and most have the one before.
      if (bytes !== source) {
        source = bytes
        buffer = bytes.buffer
        byteOffset = bytes.byteOffset
      }
      // A plain array costs less than a Buffer, and Node's own copy() makes a Buffer of the part to be copied.
      body.set(new Uint8Array(buffer, byteOffset + start, length), to)
      to += length
    } else {
      body.set(nothing, to)
      to += nothing.length
    }
    body[to++] = separator
  }
  return to
}
