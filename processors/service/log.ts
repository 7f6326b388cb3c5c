// The log: turns events of the closed list into lines, JSON by default and readable on a terminal. Fields are copied
// before they are written, so that errors become plain data and no secret of the configuration gets through.

import pino from 'pino'
import type { Mask } from '../../connectors/shared/mask.ts'
import { FaultError } from '../../schemas/errors.ts'
import { events, type Level, type LogEvent } from '../../schemas/events.ts'

export interface LogOptions {
  readonly level: Level
  /** Lines for people instead of JSON. */
  readonly pretty: boolean
  readonly mask: Mask
  readonly destination: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** Opens the log. Lines are written at once: the last one before a crash is the one that matters. */
export async function openLog(options: LogOptions): Promise<LogEvent> {
  const settings = {
    level: options.level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) }
  }
  const logger = pino(
    settings,
    options.pretty ? await prettyStream(options.destination) : options.destination
  )
  const plain = plainData(options.mask)
  return (name, fields = {}) => {
    const { level, sentence } = events[name]
    if (logger.isLevelEnabled(level)) logger[level]({ ...plainFields(fields, plain), event: name }, sentence)
  }
}

async function prettyStream(destination: LogOptions['destination']): Promise<NodeJS.WritableStream> {
  const { default: pretty } = await import('pino-pretty')
  const colorize = destination.isTTY === true && (process.env.NO_COLOR ?? '') === ''
  return pretty({
    destination,
    colorize,
    singleLine: true,
    messageKey: 'message',
    translateTime: 'SYS:HH:MM:ss.l'
  })
}

type Plain = (value: unknown, depth: number) => unknown

function plainFields(fields: Readonly<Record<string, unknown>>, plain: Plain): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value, 0)]))
}

/** Errors are reduced to what is known to be harmless: SDKs hang requests, with their credentials, onto theirs. */
function plainData(mask: Mask): Plain {
  const plain: Plain = (value, depth) => {
    if (typeof value === 'string') return mask.apply(value)
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null) return value
    if (depth > 4) return '...'
    if (value instanceof Error) return plainError(value, depth)
    if (Buffer.isBuffer(value)) return `${value.length} bytes`
    if (value instanceof Date) return value.toISOString()
    if (Array.isArray(value)) return value.map(item => plain(item, depth + 1))
    const entries = Object.entries(value).map(([key, item]) => [mask.apply(key), plain(item, depth + 1)])
    return Object.fromEntries(entries)
  }
  const plainError = (error: Error, depth: number) => ({
    name: error.name,
    // Of a fault only what came from outside: its sentence is ours, and in that a short secret would be told by what is missing.
    message: error instanceof FaultError ? mask.error(error).message : mask.apply(error.message),
    ...('code' in error ? { code: plain(error.code, depth + 1) } : {}),
    // A fault says all there is to say; of anything else the place is wanted.
    ...(error instanceof FaultError || error.stack === undefined ? {} : { stack: mask.apply(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, depth + 1) })
  })
  return plain
}
