// What a report says as a message: the way of from-message.ts back, as far as the protocol has carried it. No field
// takes the place of another, whatever a sender calls its parameters. Pure.

import { isAlarming } from './from-message.ts'
import type { Parameter, Position, Report } from './report.ts'
import type { FieldRules } from './rules.ts'

/** The fields of the message, in order. Integers beyond 2^53 are bigints: write it with jsonOf(). */
export function messageOf(report: Report, rules: FieldRules): Record<string, unknown> {
  const { inputs, outputs, driver, alarm } = rules.config
  const fields = new Fields()
  fields.add('ident', report.unit)
  fields.add('timestamp', report.timeSeconds)
  if (report.position !== null) addPosition(fields, report.position)
  if (report.inputs !== null) fields.add(inputs, report.inputs)
  if (report.outputs !== null) fields.add(outputs, report.outputs)
  const parameters = report.parameters.map(one => [rules.fieldOf(one.name), jsonValueOf(one)] as const)
  // A field that says it stands beside: reportOf() keeps what the driver or the alarm alone does not say in full.
  const isTold = (names: readonly string[], tells: (value: unknown) => boolean) =>
    parameters.some(([field, value]) => names.includes(field) && tells(value))
  const [driverField] = driver
  if (report.driver !== null && !isTold(driver, value => value === report.driver))
    fields.add(driverField ?? 'driver.id', report.driver)
  const [alarmField] = alarm
  if (report.alarm && !isTold(alarm, isAlarming)) fields.add(alarmField ?? 'alarm.event', true)
  for (const [field, value] of parameters) fields.add(field, value)
  return fields.object()
}

/** Of a field that is there already another becomes `name#2`, so that nothing is lost. */
class Fields {
  readonly #values = new Map<string, unknown>()
  readonly #numbers = new Map<string, number>()

  add(name: string, value: unknown): void {
    let free = name
    while (this.#values.has(free)) {
      const number = (this.#numbers.get(name) ?? 1) + 1
      this.#numbers.set(name, number)
      free = `${name}#${number}`
    }
    this.#values.set(free, value)
  }

  object(): Record<string, unknown> {
    return Object.fromEntries(this.#values) // own properties, `__proto__` too
  }
}

function addPosition(fields: Fields, position: Position): void {
  const add = (part: string, value: number | null) => {
    if (value !== null && Number.isFinite(value)) fields.add(`position.${part}`, value)
  }
  add('latitude', position.latitude)
  add('longitude', position.longitude)
  add('altitude', position.altitudeM)
  add('speed', position.speedKmh)
  add('direction', position.course)
  add('satellites', position.satellites)
}

/** JSON has neither infinity nor NaN: null. */
function jsonValueOf({ value }: Parameter): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A message as JSON, with all digits of its integers. */
export function jsonOf(message: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(message).map(([name, value]) => {
    const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
    return `${JSON.stringify(name)}:${text}`
  })
  return `{${members.join(',')}}`
}
