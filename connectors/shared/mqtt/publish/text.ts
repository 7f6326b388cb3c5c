// What a text of MQTT may hold, so that a message with another one is refused by itself and not by the end of its
// connection, which would take down all that is in flight (MQTT 5, 1.5.4; 3.1.1, 1.5.3).

/** A length is written in two bytes. */
const maxTextBytes = 65_535

/** U+0000 must not stand in a text. Other controls and non-characters should not: mosquitto hangs up over them. */
const odd = /\p{Cc}|\p{Noncharacter_Code_Point}/u

/** What is wrong with a text, as the end of a sentence that names it; null when it can be sent. */
export function problemOf(text: string): string | null {
  if (Buffer.byteLength(text) > maxTextBytes) return `has more than ${maxTextBytes} bytes`
  const [character] = odd.exec(text) ?? []
  return character === undefined ? null : `holds ${nameOf(character)}, which no text of MQTT should`
}

/** `U+0085`: most of them cannot be shown. */
function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
