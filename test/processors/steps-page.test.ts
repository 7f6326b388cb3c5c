// The page of the steps: its configurations are valid, and what its tables say of messages is what becomes of them.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { encodeRecords } from '../../connectors/kafka/log/encode-records.ts'
import { RecordChunk } from '../../connectors/kafka/log/record-chunk.ts'
import { registry } from '../../connectors/registry.ts'
import { readAttributes } from '../../processors/attributes/attributes.ts'
import { packageRoot } from '../../processors/commands/package-root.ts'
import { readConfig } from '../../processors/service/config/load.ts'
import { formatProblem } from '../../processors/service/config/problem.ts'
import { pipelineOf, surroundingsOf, wantedBy } from '../../processors/service/streams/steps.ts'
import type { Memories, Shaped } from '../../processors/steps/pipeline.ts'
import type { Config } from '../../schemas/config.ts'
import { codeBlocks, rowsUnder } from '../markdown.ts'

const page = readFileSync(packageRoot('processors/steps/README.md'), 'utf8')
const blocks = codeBlocks(page, 'yaml')
const isDevices = ({ text }: { readonly text: string }) => text.startsWith('# devices.yaml\n')
const devices = blocks.find(isDevices)?.text ?? ''
const configs = blocks.filter(block => !isDevices(block))
const nowMs = Date.UTC(2026, 0, 1)

/** A file of that text, in a folder that is removed when the test ends. */
function fileOf(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-page-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'tailrace.yaml')
  writeFileSync(file, text)
  writeFileSync(join(folder, 'devices.yaml'), devices)
  return file
}

function configOf(t: ExecutionContext, text: string): { config: Config; folder: string } {
  const loaded = readConfig(fileOf(t, text), { registry, env: {} })
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return loaded
}

/** The record that Kafka has of a message. */
function recordOf(value: string, topic: string): RecordChunk {
  const { ident } = JSON.parse(value) as { readonly ident: string } // every message on the page has one
  const bytes = encodeRecords([{ key: Buffer.from(ident), value: Buffer.from(value) }])
  const span = { bytes, start: 0, end: bytes.length, count: 1, baseOffset: 0, lastOffset: 0 }
  const source = { ...span, baseTimestampMs: nowMs, appendTimestampMs: nowMs }
  const chunk = new RecordChunk({ topic, partition: 0 }, source, 1)
  chunk.next()
  return chunk
}

function textOf(shaped: Shaped, value: string): string {
  if (shaped === 'same') return value
  if (typeof shaped === 'string') return shaped
  if (shaped.kind === 'changed') return shaped.text
  return shaped.kind === 'rejected'
    ? `rejected: ${shaped.detail}`
    : `waits: the device has no "${shaped.attribute}"`
}

/** Plays messages through the one stream of a configuration: what becomes of each. */
function player({ config, folder }: { config: Config; folder: string }): (value: string) => string {
  const attributes = config.attributes && readAttributes(config.attributes, folder).attributes
  const surroundings = surroundingsOf(config, attributes)
  const [stream] = Object.values(config.streams)
  if (stream === undefined) throw new Error('there is no stream')
  const pipeline = pipelineOf(stream, surroundings)
  const isWanted = wantedBy(stream, config.channels, surroundings)
  const memories = new Map<string, Memories>()
  return value => {
    const chunk = recordOf(value, 'fleet')
    if (isWanted !== null && !isWanted(chunk)) return 'filtered'
    const device = chunk.bytes.toString('utf8', chunk.keyStart, chunk.keyEnd)
    if (!memories.has(device)) memories.set(device, Array(pipeline?.steps.length ?? 0).fill(null))
    const { bytes, valueStart: start, valueEnd: end, timestampMs } = chunk
    const circumstances = { nowMs, memories: memories.get(device) ?? null }
    const shaped = pipeline?.shape({ bytes, start, end, device, timestampMs }, circumstances) ?? 'same'
    return textOf(shaped, value)
  }
}

/** The rows of the table that follows a block, before the next one. */
function rowsBehind(line: number): string[][] {
  const [next = Number.POSITIVE_INFINITY] = blocks.map(block => block.line).filter(other => other > line)
  const part = page.split('\n').slice(line, next).join('\n')
  return rowsUnder(part, ['message', 'result'])
}

const canonical = (text: string) => (text.startsWith('{') ? JSON.stringify(JSON.parse(text)) : text)

for (const { text, line } of configs)
  test(`the configuration in line ${line} is valid, and does what the table says`, t => {
    const play = player(configOf(t, text))
    const rows = rowsBehind(line)
    t.true(rows.length > 0)
    for (const [message = '', result = ''] of rows)
      t.is(canonical(play(message)), canonical(result === 'the same' ? message : result), message)
  })

test('the page has a configuration for each group, and attributes without mistakes', t => {
  t.true(configs.length >= 6)
  const { attributes, problems } = readAttributes({ file: 'devices.yaml' }, join(fileOf(t, ''), '..'))
  t.deepEqual(problems.map(formatProblem), [])
  t.is(attributes.size, 3)
})
