// Which field of a message stands where in a report, and under which name: the settings, their defaults, and both
// directions of the names. Fields are named as flespi names them, parameters as Wialon recommends.

import { type Static, Type } from 'typebox'
import { count, type Frozen } from '../../../schemas/define.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { Loss } from './report.ts'

/** The longest name of a parameter, in both protocols. */
export const maxNameBytes = 38

const field = (description: string, fallback: string) =>
  Type.String({ description, default: fallback, minLength: 1, 'x-public': true })

const fieldList = (description: string, fallback: string[]) =>
  Type.Array(Type.String({ minLength: 1, 'x-public': true }), { description, default: fallback })

export const fieldRulesSchema = Type.Object(
  {
    inputs: field('The field with the bits of the digital inputs.', 'din'),
    outputs: field('The field with the bits of the digital outputs.', 'dout'),
    driver: fieldList(
      'Fields with the id of the driver: the first that holds one counts, and what is received becomes the first of the list.',
      ['driver.id', 'ibutton.code', 'rfid.code']
    ),
    alarm: fieldList(
      'Fields that mean an alarm when they are true or a number other than 0; an alarm that is received becomes the first of the list.',
      ['alarm.event']
    ),
    parameters: Type.Record(
      Type.String({ minLength: 1 }),
      Type.String({
        pattern: '^[^\\s,:#\\u0000]{1,38}$',
        'x-expects': 'a name of at most 38 characters, without space, comma, colon and #',
        'x-public': true
      }),
      {
        description: 'Names of parameters by field, before those that are known.',
        default: {},
        examples: [{ 'can.fuel.level': 'fuel' }]
      }
    ),
    wellKnownNames: Type.Boolean({
      description:
        'Renames what Wialon recommends names for: external.powersource.voltage is pwr_ext, battery.voltage pwr_int, engine.ignition.status ign, gsm.signal.level gsm, and ain.N adcN.',
      default: true
    }),
    names: Type.Enum(['dotted', 'underscored'], {
      description:
        'How fields without a name of their own are called: as they are, or in lower-case letters, digits and underscores.',
      default: 'dotted'
    }),
    requirePosition: Type.Boolean({
      description: 'Of targets: rejects messages without a position, for receivers that cannot do without.',
      default: false
    }),
    maxParameters: count(
      'Of targets: parameters of a message at most; Wialon registers no more than 200.',
      200
    )
  },
  {
    additionalProperties: false,
    description: 'Which fields stand where, and the names of parameters.',
    default: {}
  }
)

export type FieldRulesConfig = Frozen<Static<typeof fieldRulesSchema>>

/** What a protocol allows as the name of a parameter, and in a text. */
export interface NameLimits {
  /** Names that mean something to the protocol itself. */
  readonly reserved: ReadonlySet<string>
  /** Replaces what the protocol does not take in a name. */
  clean(name: string): string
  /** What is lost of a text without a zero character; null where nothing is. */
  lossOfText(text: string): Loss | null
}

/** What a field is called as a parameter. */
export interface Name {
  /** As far as it fits; empty when nothing of it does. */
  readonly name: string
  readonly isCut: boolean
}

const wellKnown: Readonly<Record<string, string>> = {
  'external.powersource.voltage': 'pwr_ext',
  'battery.voltage': 'pwr_int',
  'engine.ignition.status': 'ign',
  'gsm.signal.level': 'gsm'
}

/** Who makes names up has no end of them, and may make them long. */
const maxMade = 2_000
const maxMadeLength = 256

export class FieldRules {
  readonly config: FieldRulesConfig
  readonly limits: NameLimits
  readonly #parameters: ReadonlyMap<string, string>
  readonly #fields: ReadonlyMap<string, string>
  /** Names that were made already: a fleet has few of them, and they come with every message. */
  readonly #made = new Map<string, Name>()

  /** Throws a FaultError `config_invalid` when two fields are given one name. `path` is where the rules stand. */
  constructor(config: FieldRulesConfig, limits: NameLimits, path = 'fields') {
    this.config = config
    this.limits = limits
    const own = Object.entries(config.parameters)
    const taken = new Set(own.map(([, name]) => name))
    const fault = (detail: string) => new FaultError('config_invalid', { path: `${path}.parameters`, detail })
    if (taken.size < own.length) throw fault('two fields have the same name')
    for (const name of taken) if (limits.reserved.has(name)) throw fault(`${name} is a name of the protocol`)
    const known = config.wellKnownNames ? Object.entries(wellKnown) : []
    const names = [...known.filter(([, name]) => !taken.has(name)), ...own]
    this.#parameters = new Map(names)
    this.#fields = new Map([...this.#parameters].map(([field, name]) => [name, field]))
  }

  nameOf(field: string): Name {
    const made = this.#made.get(field)
    if (made !== undefined) return made
    const whole = this.#make(field)
    const name = cut(whole)
    const fresh = { name, isCut: name !== whole }
    if (this.#made.size < maxMade && field.length <= maxMadeLength) this.#made.set(field, fresh)
    return fresh
  }

  #make(field: string): string {
    const named = this.#parameters.get(field)
    if (named !== undefined) return named
    const { wellKnownNames, names } = this.config
    const known = wellKnownNames ? field.replace(/^ain\.(\d+)$/, 'adc$1') : field
    if (known !== field && !this.#fields.has(known)) return known
    const plain = names === 'dotted' ? field : field.toLowerCase().replace(/[^a-z0-9_]/g, '_')
    return this.limits.clean(plain)
  }

  /** The field that a parameter becomes. */
  fieldOf(parameter: string): string {
    const named = this.#fields.get(parameter)
    if (named !== undefined) return named
    return this.config.wellKnownNames ? parameter.replace(/^adc(\d+)$/, 'ain.$1') : parameter
  }
}

/** The name of a field as far as it fits, cut between two characters. */
function cut(field: string): string {
  const name = upToZero(field)
  if (name.length * 3 <= maxNameBytes || Buffer.byteLength(name) <= maxNameBytes) return name
  const bytes = Buffer.from(name)
  let end = maxNameBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** A zero character ends a text on the wire. */
export function upToZero(text: string): string {
  const zero = text.indexOf('\0')
  return zero === -1 ? text : text.slice(0, zero)
}
