// The pages of presets of all connectors, and the configuration that a user makes of one: the stream of the page with
// Kafka and a channel in front of it, the files that it names, and a value for each variable.

import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { packageRoot } from '../../../processors/commands/package-root.ts'
import { makeCertificates } from '../../certificates.ts'
import { codeBlocks } from '../../markdown.ts'

export interface Page {
  /** `http/flespi.md`: the folder of the connector, and the file among its presets. */
  readonly name: string
  readonly text: string
}

export interface UserConfig {
  /** By name, to be written into one folder; `tailrace.yaml` is the configuration. */
  readonly files: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

const around = 'kafka: { brokers: ["127.0.0.1:9092"] }\nchannels: { fleet: {} }\n'
const certificates = makeCertificates()
const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

const folders = readdirSync(packageRoot('connectors'), { withFileTypes: true, recursive: true })
  .filter(entry => entry.isDirectory() && entry.name === 'presets')
  .map(({ parentPath }) => basename(parentPath))

/** The list of presets of each connector that has some, by its folder. */
export const lists: ReadonlyMap<string, string> = new Map(
  folders.map(connector => [
    connector,
    readFileSync(packageRoot(`connectors/${connector}/presets/README.md`), 'utf8')
  ])
)

export const pages: readonly Page[] = folders.flatMap(connector =>
  readdirSync(packageRoot(`connectors/${connector}/presets`))
    .filter(file => file !== 'README.md')
    .map(file => ({
      name: `${connector}/${file}`,
      text: readFileSync(packageRoot(`connectors/${connector}/presets/${file}`), 'utf8')
    }))
)

export function pageOf(name: string): Page {
  const page = pages.find(one => one.name === name)
  if (page === undefined) throw new Error(`no page ${name}`)
  return page
}

/** What stands for a variable or a file with a secret; what it is needed for shows in its name. */
export function secretOf(name: string): string {
  if (/\.(?:pem|crt|key)$/.test(name)) return pemOf(name)
  return /webhook/i.test(name) ? webhookSecret : `secret-of-${name.toLowerCase()}`
}

/** A private key, an authority or a certificate, by the name of the file. All are of one family. */
function pemOf(name: string): string {
  if (/key/i.test(name)) return certificates.key
  return /\bca\b/i.test(name) ? certificates.ca : certificates.cert
}

/** Blocks of YAML that begin with `# name` are files beside it. `url` takes the place of the platform. */
export function userConfig({ text }: Page, url?: string): UserConfig {
  const blocks = codeBlocks(text, 'yaml').map(block => block.text)
  const isFile = (block: string) => /^# \S+\.yaml\n/.test(block)
  const written = blocks.find(block => !isFile(block)) ?? ''
  const secrets = Array.from(written.matchAll(/\$\{file:\/\S*?([^/}]+)\}/g), ([, name = '']) => name)
  const names = Array.from(written.matchAll(/\$\{env:(\w+)\}/g), ([, name = '']) => name)
  const beside = blocks.filter(isFile).map(block => [block.slice(2, block.indexOf('\n')), block] as const)
  const local = written.replace(/\$\{file:\/\S*?([^/}]+)\}/g, '$${file:$1}')
  const pointed =
    url === undefined ? local : local.replace(/(?<=url: "?)\w+:[^"\s]+/, there => moved(there, url))
  return {
    files: {
      'tailrace.yaml': around + pointed,
      ...Object.fromEntries(beside),
      ...Object.fromEntries(secrets.map(name => [name, secretOf(name)]))
    },
    env: Object.fromEntries(names.map(name => [name, secretOf(name)]))
  }
}

/** The path of the platform at another host, or what has a path of its own. */
function moved(there: string, url: string): string {
  const hasPath = /^\w+:\/\/[^/]+\/./.test(url)
  return hasPath ? url : url + there.replace(/^\w+:\/\/[^/]+/, '')
}
