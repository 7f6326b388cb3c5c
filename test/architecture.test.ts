// Keeps the house in order: which way imports run, where each package may be used, how large things may become, and
// what must never be committed. A file that must break a budget says so and why in a line of its own:
//   // budget: function 60, the table is easier to read in one piece
// with lines, function, parameters or nesting, and the number that it may reach.

import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { events } from '../schemas/events.ts'
import { type File, repositoryFiles } from './architecture/files.ts'
import { blank, functionsOf, importsOf } from './architecture/source.ts'

const files = repositoryFiles()
const sources = files.filter(({ path }) => path.endsWith('.ts'))
const layers = ['schemas', 'connectors', 'processors', 'test']

/** Where each package may be imported; `lazily` means only by `await import()`. Tests may import what they need. */
const packages: Readonly<Record<string, { readonly in: string; readonly lazily?: true }>> = {
  '@azure/event-hubs': { in: 'connectors/event-hubs' },
  '@azure/identity': { in: 'connectors/event-hubs', lazily: true },
  '@google-cloud/pubsub': { in: 'connectors/pubsub' },
  '@grpc/grpc-js': { in: 'connectors/pubsub' },
  '@opentelemetry/api': { in: 'processors/tracing', lazily: true },
  '@opentelemetry/exporter-trace-otlp-http': { in: 'processors/tracing', lazily: true },
  '@opentelemetry/resources': { in: 'processors/tracing', lazily: true },
  '@opentelemetry/sdk-trace-base': { in: 'processors/tracing', lazily: true },
  '@turf/boolean-point-in-polygon': { in: 'processors/geo' },
  '@turf/distance': { in: 'processors/geo' },
  '@turf/helpers': { in: 'processors/geo' },
  '@turf/point-to-line-distance': { in: 'processors/geo' },
  ajv: { in: 'processors/service' },
  commander: { in: 'processors' },
  'fastest-levenshtein': { in: 'processors' },
  fastify: { in: 'connectors/http' },
  jose: { in: 'connectors/http' },
  fzstd: { in: 'connectors/kafka', lazily: true },
  kafkajs: { in: 'connectors/kafka' },
  'lz4-napi': { in: 'connectors/kafka', lazily: true },
  mqtt: { in: 'connectors/shared/mqtt' },
  'mqtt-packet': { in: 'connectors/shared/mqtt' },
  pino: { in: 'processors/service' },
  'pino-pretty': { in: 'processors/service' },
  'prom-client': { in: 'processors/service' },
  rhea: { in: 'connectors/event-hubs' },
  snappy: { in: 'connectors/kafka', lazily: true },
  typebox: { in: '' }, // the language of shapes, spoken everywhere
  undici: { in: 'connectors/http' },
  aws4: { in: 'connectors/http' },
  'proxy-from-env': { in: 'connectors/http' },
  ws: { in: 'connectors/shared' },
  yaml: { in: 'processors' }
}

/** Gathers complaints about files; an empty list is what a test wants. */
const complaints = (list: readonly File[], look: (file: File) => (string | false)[]) =>
  list.flatMap(file => look(file).flatMap(complaint => (complaint ? [`${file.path}: ${complaint}`] : [])))

const inside = (path: string, folder: string) => folder === '' || path.startsWith(`${folder}/`)
const layerOf = (path: string) => layers.indexOf(path.split('/')[0] ?? '')

function localImports({ path, text }: File) {
  return importsOf(text)
    .filter(({ from }) => from.startsWith('.'))
    .map(found => ({ ...found, target: normalize(join(dirname(path), found.from)) }))
}

test('imports run from schemas to connectors to processors to test, never back', t => {
  const found = complaints(sources, file =>
    localImports(file).map(({ target }) => layerOf(target) > layerOf(file.path) && `imports ${target}`)
  )
  t.deepEqual(found, [])
})

test('a connector imports no other connector, only what connectors share', t => {
  const connectorOf = (path: string) => /^connectors\/([^/]+)\//.exec(path)?.[1]
  const found = complaints(
    sources.filter(({ path }) => connectorOf(path) !== undefined),
    file =>
      localImports(file).map(({ target }) => {
        const other = connectorOf(target)
        const shared = other === undefined || other === 'kafka' || other === 'shared'
        const foreign = !shared && other !== connectorOf(file.path)
        return (foreign || target === 'connectors/registry.ts') && `imports ${target}`
      })
  )
  t.deepEqual(found, [])
})

test("a connector's index.ts loads its source, its target and their packages only when they are created", t => {
  const found = complaints(
    sources.filter(({ path }) => /^connectors\/[^/]+\/index\.ts$/.test(path)),
    ({ text }) =>
      importsOf(text).map(({ from, lazy, typeOnly }) => {
        const heavy = /^\.\/(?:source|target|double)\.ts$/.test(from) || !/^(?:\.|node:|typebox)/.test(from)
        return heavy && !lazy && !typeOnly && `imports ${from} at once`
      })
  )
  t.deepEqual(found, [])
})

test('each package is imported in one folder tree, lazily where it must be', t => {
  const found = complaints(
    sources.filter(({ path }) => !inside(path, 'test')),
    ({ path, text }) =>
      importsOf(text)
        .filter(({ from }) => !from.startsWith('.') && !from.startsWith('node:'))
        .map(({ from, lazy, typeOnly }) => {
          const rule = packages[/^(?:@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? '']
          if (rule === undefined) return `${from} is not in the table of packages`
          if (!inside(path, rule.in)) return `${from} belongs in ${rule.in}`
          return rule.lazily === true && !lazy && !typeOnly && `${from} must be loaded by import()`
        })
  )
  t.deepEqual(found, [])
})

test('files, functions, parameters and nesting stay within their budgets', t => {
  const found = complaints(sources, ({ path, text }) => {
    const granted = (kind: string, budget: number) =>
      Number(new RegExp(`^// budget: ${kind} (\\d+), \\S.+$`, 'm').exec(text)?.[1] ?? budget)
    const lines = text.trimEnd().split('\n').length
    const maxLines = granted('lines', inside(path, 'test') ? 400 : 250)
    const maxFunction = granted('function', 40)
    const maxParameters = granted('parameters', 3)
    const maxNesting = granted('nesting', 3)
    return [
      lines > maxLines && `${lines} lines, at most ${maxLines}`,
      ...functionsOf(text).flatMap(shape => {
        const where = `${shape.name} in line ${shape.line} has`
        return [
          shape.lines > maxFunction && `${where} ${shape.lines} lines, at most ${maxFunction}`,
          shape.parameters > maxParameters &&
            `${where} ${shape.parameters} parameters, at most ${maxParameters}`,
          shape.nesting > maxNesting && `${where} blocks nested ${shape.nesting} deep, at most ${maxNesting}`
        ]
      })
    ]
  })
  t.deepEqual(found, [])
})

test('no folder holds more than 12 files or lies more than 4 below its top', t => {
  const folders = new Map<string, number>()
  for (const { path } of sources) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1)
  const found = Array.from(folders, ([folder, count]) => {
    const depth = folder.split('/').length - 1 - (inside(folder, 'test') ? 1 : 0)
    return [
      ...(count > 12 ? [`${folder}: ${count} files, at most 12`] : []),
      ...(depth > 4 ? [`${folder}: ${depth} folders deep, at most 4`] : [])
    ]
  })
  t.deepEqual(found.flat(), [])
})

test('every log event of the closed list is logged somewhere', t => {
  const texts = sources
    .filter(({ path }) => /^(?:connectors|processors)\//.test(path))
    .map(({ text }) => text)
  const isLogged = (event: string) => {
    const call = new RegExp(`\\b(?:log|tell\\w*)\\(\\s*(?:[^();']*\\?[^();]*)?'${event}'`)
    return texts.some(text => call.test(text))
  }
  t.deepEqual(
    Object.keys(events).filter(event => !isLogged(event)),
    []
  )
})

test('every source begins by saying what it is for', t => {
  const found = complaints(
    sources.filter(({ path }) => !path.endsWith('.test.ts')),
    ({ text }) => [!/^(?:#!.*\n)?(?:\/\/|\/\*\*)/.test(text) && 'begins without a comment']
  )
  t.deepEqual(found, [])
})

// The patterns are written so that they do not match themselves.
const forbidden: readonly { readonly what: string; readonly pattern: RegExp; readonly in?: RegExp }[] = [
  { what: 'a path of a workplace', pattern: /\/wor[k]\/|\/tm[p]\/\w/ },
  { what: 'a silenced type error', pattern: /@ts-ignor[e]|@ts-nochec[k]/ },
  { what: 'any', pattern: /:\s*any\b|\bas\s+any\b|<any>/, in: /\.ts$/ },
  { what: 'a test that is left out', pattern: /\btest\.(?:only|skip|failing|todo)\b/, in: /\.ts$/ },
  {
    what: 'a wait for time to pass',
    pattern: /\bsetTimeout\b|\bsleep\(|timers\/promises/,
    in: /^test\/.*\.test\.ts$/
  }
]

test('nothing is committed that must not be', t => {
  const found = complaints(files, ({ path, text }) =>
    forbidden.map(({ what, pattern, in: where }) => {
      const looked = where === undefined ? text : where.test(path) && blank(text)
      return looked !== false && pattern.test(looked) && `holds ${what}`
    })
  )
  t.deepEqual(found, [])
})

test('the reader of sources sees what it should', t => {
  const source = [
    "import a, { type B } from './a.ts'",
    "import type { C } from 'c'",
    "export * from './d.ts'",
    "const e = await import('e')",
    'const text = `{ ${[1, 2].map(n => `${n}`)} ( `, pattern = /[/"{]/',
    'async function f(a: Map<string, number>, { b, c }: { b: 1; c: 2 }): Promise<{ x: 1 }> {',
    '  for (const x of a) {',
    '    if (x) { try { g(1, 2, 3, 4, 5) } catch { } } // { (',
    '  }',
    '  const h = (one, two, three, four) => {',
    '    return { one }',
    '  }',
    '}'
  ].join('\n')
  t.deepEqual(
    importsOf(source).map(({ from, lazy, typeOnly }) => [from, lazy, typeOnly]),
    [
      ['./a.ts', false, false],
      ['c', false, true],
      ['./d.ts', false, false],
      ['e', true, false]
    ]
  )
  t.deepEqual(functionsOf(source), [
    { name: 'f', line: 6, lines: 8, parameters: 2, nesting: 3 },
    { name: 'h', line: 10, lines: 3, parameters: 4, nesting: 0 }
  ])
})
