// Reads what a sender of Wialon IPS writes, letter by letter as the document says, and throws over everything else. It
// shares no code with the sender but the CRC, whose vectors are tested.

import { crcText } from '../codec/crc.ts'
import type { Received, ReceivedLogin } from '../double.ts'

const maxRecords = 5_000

const decimal = '(-?\\d+(\\.\\d+)?)'
const fields: readonly [name: string, pattern: string][] = [
  ['date', '(NA|\\d{6})'],
  ['time', '(NA|\\d{6}(\\.\\d{1,9})?)'],
  ['latitude', '(NA|\\d{4}\\.\\d+)'],
  ['north or south', '(NA|[NS])'],
  ['longitude', '(NA|\\d{5}\\.\\d+)'],
  ['east or west', '(NA|[EW])'],
  ['speed', '(NA|\\d+)'],
  ['course', '(NA|[0-9]|[1-9][0-9]|[12][0-9][0-9]|3[0-5][0-9])'],
  ['altitude', '(NA|-?\\d+)'],
  ['satellites', '(NA|\\d+)'],
  ['hdop', '(NA|\\d+(\\.\\d+)?)'],
  ['inputs', '(NA|\\d+)'],
  ['outputs', '(NA|\\d+)'],
  ['adc', `(${decimal}(,${decimal})*)?`],
  ['ibutton', '[^,]+'],
  ['parameters', '.*']
]
const patterns = fields.map(([name, pattern]) => [name, new RegExp(`^${pattern}$`, 's')] as const)
const parameter = /^[^ ,:#]{1,38}:(1:-?\d+|2:-?\d+(\.\d+)?|3:.{0,1344})$/su

export class StrictReader {
  #begun = ''
  #login: ReceivedLogin | null = null

  /** What is whole by now. */
  push(chunk: Buffer): (ReceivedLogin | Received)[] {
    const lines = (this.#begun + chunk.toString('latin1')).split('\r\n')
    this.#begun = lines.pop() ?? ''
    return lines.map(line => this.#read(Buffer.from(line, 'latin1').toString()))
  }

  #read(line: string): ReceivedLogin | Received {
    const [, type = '', body = ''] = /^#([A-Z]+)#([^\r\n\0]*)$/.exec(line) ?? []
    if (type === 'L') return this.#logIn(body)
    if (this.#login === null) throw new Error(`${line} before a login`)
    const { ident, version } = this.#login
    const isChecked = version !== '1.1'
    if (type === 'D') return { ident, type, records: [recordOf(unchecked(body, ';', isChecked))] }
    if (type !== 'B') throw new Error(`${line} is nothing that a sender sends`)
    const records = unchecked(body, '|', isChecked).split('|').map(recordOf)
    if (records.length > maxRecords) throw new Error(`${records.length} records`)
    return { ident, type, records }
  }

  #logIn(body: string): ReceivedLogin {
    if (this.#login !== null) throw new Error('a second login')
    const [first = '', ...rest] = body.split(';')
    const isChecked = /^2\.[01]$/.test(first)
    const values = isChecked ? unchecked(body, ';', true).split(';').slice(1) : [first, ...rest]
    const [ident = '', password = '', ...others] = values
    if (ident === '' || password === '' || others.length > 0) throw new Error(`#L#${body} is no login`)
    this.#login = { version: isChecked ? first : '1.1', ident, password }
    return this.#login
  }
}

/** The body without its CRC. */
function unchecked(body: string, separator: ';' | '|', isChecked: boolean): string {
  if (!isChecked) return body
  const end = body.lastIndexOf(separator)
  const crc = crcText(Buffer.from(body.slice(0, end + 1)))
  if (end === -1 || body.slice(end + 1) !== crc) throw new Error(`${body} has not the CRC ${crc}`)
  return body.slice(0, end)
}

function recordOf(record: string): string {
  const values = record.split(';')
  if (values.length !== fields.length) throw new Error(`${record} has ${values.length} fields`)
  for (const [at, [name, pattern]] of patterns.entries())
    if (!pattern.test(values[at] ?? '')) throw new Error(`${values[at]} is no ${name}`)
  const parameters = (values.at(-1) ?? '').split(',').filter(text => text !== '')
  const names = parameters.map(text => text.split(':')[0])
  const wrong = parameters.find(text => !parameter.test(text))
  if (wrong !== undefined || new Set(names).size < names.length)
    throw new Error(`${record}: ${wrong ?? names}`)
  return record
}
