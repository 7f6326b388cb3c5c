// The reference pages of the closed lists (errors, metrics, log events) and of the message.

import { type ErrorSpec, errors } from '../errors.ts'
import { events } from '../events.ts'
import type { Schema } from '../json-schema.ts'
import { metrics } from '../metrics.ts'
import { expected } from './expected.ts'
import { code, page, table } from './markdown.ts'

/** Every error code, with what comes of it. */
export function errorsPage(): string {
  const rows = Object.entries(errors).map(([name, spec]: [string, ErrorSpec]) => [
    code(name),
    [spec.sentence, spec.hint].filter(text => text !== undefined).join('. '),
    spec.outcome ?? '',
    String(spec.httpStatus ?? ''),
    String(spec.exitCode ?? '')
  ])
  return page([
    '# Errors',
    'A code is stable: logs, metrics, HTTP answers and `--json` carry it. The outcome is what a target reports with it, the status what an HTTP source answers, the exit code that of a command that ends with it.',
    table(['Code', 'Meaning', 'Outcome', 'HTTP status', 'Exit code'], rows)
  ])
}

/** Every metric, as /metrics on the admin listener shows it. */
export function metricsPage(): string {
  const rows = Object.entries(metrics).map(([name, { type, labels, help }]) => [
    code(name),
    type,
    labels.map(code).join(', '),
    help
  ])
  return page([
    '# Metrics',
    'Units are seconds and bytes. No label ever names a device.',
    table(['Name', 'Type', 'Labels', 'Meaning'], rows)
  ])
}

/** Every log event. */
export function eventsPage(): string {
  const rows = Object.entries(events).map(([name, { level, sentence }]) => [code(name), level, sentence])
  return page([
    '# Log events',
    'The field `event` of a log line names one of these. `info`: a state changed; `warn`: something recovers by itself; `error`: a person must act.',
    table(['Event', 'Level', 'Meaning'], rows)
  ])
}

/** The message shape, from its schema. */
export function messagePage(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    code(name),
    expected(field),
    field.description ?? ''
  ])
  const [example] = schema.examples ?? []
  return page([
    '# The message',
    schema.description ?? '',
    table(['Name', 'Must be', 'Meaning'], rows),
    `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``
  ])
}
