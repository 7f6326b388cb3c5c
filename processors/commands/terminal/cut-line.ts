// Lines that are drawn over must not wrap: moving up over them counts lines, not rows of the terminal.

import { stripVTControlCharacters } from 'node:util'

/** Where the terminal does not tell, or it is none. */
const usualColumns = 80

/** The line as it fits; one that is too long loses its colours with its end. */
export function cutLine(line: string, columns = usualColumns): string {
  const plain = stripVTControlCharacters(line)
  const flat = /[\r\n\t]/.test(plain) ? plain.replace(/[\r\n\t]+/g, ' ') : plain
  // A full line would leave the cursor in doubt on some terminals.
  if (flat.length >= columns) return `${flat.slice(0, Math.max(0, columns - 2))}…`
  return flat === plain ? line : flat
}
