// What the chart makes of values: its manifests, parsed, and the configuration that each pool gets.

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { chart, type HelmRun, helm } from '../helm.ts'

/** A manifest, as far as tests speak of all of them; what lies deeper is read with `at`. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
  readonly data?: Readonly<Record<string, string>>
}

const folder = packageRoot('test/helm/chart')

/** The names of the value sets. */
export const valueSets = readdirSync(join(folder, 'values')).map(file => basename(file, '.yaml'))

export const valuesPath = (set: string) => join(folder, 'values', `${set}.yaml`)
export const goldenPath = (set: string) => join(folder, 'golden', `${set}.yaml`)

export const valuesOf = (set: string): unknown => parse(readFileSync(valuesPath(set), 'utf8'))

/** What every render needs: an image, as none is published. */
export const image = ['--set', 'image.repository=registry.example/tailrace']

const release = ['template', 'acme', '--namespace', 'telemetry', ...image]

/** Renders the chart, or a copy of it, with a set of values. */
export function renderSet(set: string, path = chart): Promise<HelmRun> {
  return helm([...release, path, '--values', valuesPath(set)])
}

/** Renders it with values that are given as data, and further arguments. */
export function renderValues(values: unknown, args: readonly string[] = []): Promise<HelmRun> {
  return helm([...release, chart, '--values', '-', ...args], JSON.stringify(values))
}

/** The manifests in what Helm printed. Throws what it said where it failed. */
export function manifestsOf({ status, stdout, stderr }: HelmRun): Manifest[] {
  if (status !== 0) throw new Error(stderr)
  return parseAllDocuments(stdout).flatMap(document => {
    if (document.errors.length > 0) throw document.errors[0]
    return document.toJS() ?? []
  })
}

/** What lies at a path of keys and numbers; undefined where nothing does. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inside, key) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined),
    value
  )
}

/** The entries of a list that lies there; none where there is no list. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): unknown[] {
  const list = at(value, ...path)
  return Array.isArray(list) ? list : []
}

export const ofKind = (manifests: readonly Manifest[], ...kinds: readonly string[]) =>
  manifests.filter(({ kind }) => kinds.includes(kind))

/** Every pod that the manifests bring about, of tests and hooks too, with the name of what brings it about. */
export function podsOf(manifests: readonly Manifest[]): { readonly name: string; readonly spec: unknown }[] {
  return manifests.flatMap(manifest => {
    const { kind, metadata, spec } = manifest
    if (kind === 'Pod') return [{ name: metadata.name, spec }]
    const inside = at(spec, 'template', 'spec')
    return inside === undefined ? [] : [{ name: metadata.name, spec: inside }]
  })
}

/** The configurations by the name of their ConfigMap. */
export function configurationsOf(manifests: readonly Manifest[]): ReadonlyMap<string, string> {
  const found = manifests.flatMap(({ kind, metadata, data }): [string, string][] => {
    const text = kind === 'ConfigMap' ? data?.['tailrace.yaml'] : undefined
    return text === undefined ? [] : [[metadata.name, text]]
  })
  return new Map(found)
}

/** Renders with these values, a text, on top of a set that is right. */
export function rendered(values: string, set = 'minimal'): Promise<HelmRun> {
  return helm(['template', 'acme', chart, ...image, '--values', valuesPath(set), '--values', '-'], values)
}
