// Looks at a manifest as the API server does that is asked to be strict: what the schema of its kind refuses is wrong, and so is
// a field that it does not know. The models know the first; the second is found by watching which fields their validation
// reads, since it looks at every field that a schema has, and at none that it has not.

import type { Manifest } from './render.ts'

interface Model {
  readonly apiVersion: string
  readonly kind: string
  readonly prototype: { validate(): void }
}

// Loaded by name: their types alone would take the compiler ten times as long as everything else together.
const modules = [
  ...['apps/v1', 'autoscaling/v2', 'batch/v1', 'networking.k8s.io/v1', 'policy/v1', 'v1'].map(
    name => `kubernetes-models/${name}`
  ),
  '@kubernetes-models/keda/keda.sh/v1alpha1',
  '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
]
const exported: unknown[] = (await Promise.all(modules.map(name => import(name)))).flatMap(Object.values)
const models = exported.filter(isModel)

function isModel(value: unknown): value is Model {
  return typeof value === 'function' && 'apiVersion' in value && 'kind' in value
}

/** What is wrong with it, in words; nothing where all is right. */
export function problemsOf(manifest: Manifest): string[] {
  const name = `${manifest.kind} ${manifest.metadata.name}`
  const model = models.find(
    ({ apiVersion, kind }) => apiVersion === manifest.apiVersion && kind === manifest.kind
  )
  if (model === undefined) return [`${name}: no schema for ${manifest.apiVersion}`]
  const read = new Set<string>()
  try {
    model.prototype.validate.call(watched(manifest, '', read))
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`]
  }
  return unread(manifest, '', read).map(path => `${name}: unknown field ${path}`)
}

/** The same value, which notes the path of each field that is read. */
function watched<T extends object>(value: T, path: string, read: Set<string>): T {
  return new Proxy(value, {
    get(target, key) {
      const inside: unknown = Reflect.get(target, key)
      if (typeof key !== 'string') return inside
      const here = `${path}/${key}`
      read.add(here)
      return typeof inside === 'object' && inside !== null ? watched(inside, here, read) : inside
    }
  })
}

function unread(value: unknown, path: string, read: ReadonlySet<string>): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inside]) => {
    const here = `${path}/${key}`
    return read.has(here) ? unread(inside, here, read) : [here]
  })
}
