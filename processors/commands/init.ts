// `tailrace init`: writes a configuration to start from. It passes `check` as it is, so a newcomer changes something
// that works instead of completing something that does not.

import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import { printJson } from './output.ts'
import { packageRoot } from './package-root.ts'
import { defaultConfig } from './shared/stream.ts'

const examples = `
Examples:
  tailrace init                   writes tailrace.yaml
  tailrace init conf/fleet.yaml   writes another file; an existing one is never overwritten

Then: tailrace check`

export function initCommand(program: Command): void {
  program
    .command('init')
    .description('Write a commented configuration to start from.')
    .argument('[file]', 'the file to write', defaultConfig)
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', examples)
    .action(init)
}

function init(file: string, options: { readonly json?: true }): void {
  try {
    writeFileSync(file, starter(packageRoot('schemas/generated/tailrace.schema.json')), { flag: 'wx' })
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (exists) throw new FaultError('file_exists', { path: file, cause })
    throw new FaultError('file_unwritable', { path: file, detail: messageOf(cause), cause })
  }
  if (options.json) printJson({ file })
  else process.stdout.write(`Wrote ${file}. Next: tailrace check ${file}\n`)
}

/** The text of the starter; `schema` is where editors find the JSON Schema. */
function starter(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
#
# A Tailrace configuration. Every setting, its meaning and its default: schemas/generated/configuration.md.
# Secrets are written as references: "\${env:NAME}" for an environment variable, "\${file:path}" for a file.

kafka:
  brokers: ["localhost:9092"] # "tailrace kafka --port 9092" starts one to try things out
  # tls: {}                   # TLS with the authorities that the system trusts
  # sasl: { mechanism: scram-sha-512, username: tailrace, password: "\${env:KAFKA_PASSWORD}" }

listen:
  http: 8080  # messages come in: POST http://localhost:8080/channels/fleet/messages
  admin: 9090 # /metrics, /healthz, /readyz, /status

# A channel is a named inbound feed, kept in one Kafka topic.
channels:
  fleet:
    partitions: 12
    sources:
      - http: {}
      # - http: { tokens: ["\${env:FLEET_TOKEN}"] } # who may send; needed once listen.host is not loopback

# A stream delivers the messages of channels to one target, and forgets none that the target has not confirmed.
streams:
  acme:
    from: [fleet]
    start: latest # or earliest, or a time such as 2026-01-31T08:00:00Z
    target:
      http:
        url: http://localhost:8090/telemetry # "tailrace receive" listens there and shows what arrives
        # bearer: "\${env:ACME_TOKEN}"
        # maxMessages: 100
`
}
