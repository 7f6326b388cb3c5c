// What `tailrace init` writes for whoever begins: one channel, one stream, and hints at what else there is.

/** The text of the starter; `schema` is where editors find the JSON Schema. */
export function starter(schema: string): string {
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
