// What `tailrace init --profile toll` writes: a stream for a toll system, out of the parts that all of them share. What only
// a contract tells (address, fields, codes, limits) is an example that is marked as such. The same lines, and more about
// them, are on the page connectors/http/presets/toll.md; a test compares the two.

export const tollDevices = `# What is known of each vehicle, by the ident of its device. Changes are taken while Tailrace runs.
# With validFrom a position gets what counted when it was measured: axles change with a trailer.

"868647414815077":
  - { validFrom: 2023-01-01T00:00:00Z, tollId: T-0001, plate: CB 1234 AB, country: BG, axles: 2, weightKg: 18000, emissionClass: EURO_6 }
  - { validFrom: 2026-03-01T06:30:00Z, tollId: T-0001, plate: CB 1234 AB, country: BG, axles: 4, weightKg: 38000, emissionClass: EURO_6 }
"352093081429150": { tollId: T-0002, plate: CB 2345 AB, country: BG, axles: 2, weightKg: 12000, emissionClass: EURO_5 }
`

/** `schema` is where editors find the JSON Schema. */
export function tollStarter(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
#
# A stream for a toll system, to be filled in. It claims no national interface: what is marked CONTRACT is an example, and stands
# in the papers of your contract. Being approved by an authority is your own affair.
# Every setting, its meaning and its default: schemas/generated/configuration.md. The page of this profile:
# connectors/http/presets/toll.md.

kafka:
  brokers: ["localhost:9092"] # "tailrace kafka --port 9092" starts one to try things out

listen:
  http: 8080  # messages come in: POST http://localhost:8080/channels/fleet/messages
  admin: 9090 # /metrics, /healthz, /readyz, /status

channels:
  fleet:
    partitions: 12
    sources:
      - http: {}
      # - http: { tokens: ["\${env:FLEET_TOKEN}"] } # who may send; needed once listen.host is not loopback

# Plates, axles and the like: the names of these attributes are yours, as long as the steps use the same.
attributes: { file: devices.yaml }

streams:
  toll:
    from: [fleet]
    start: latest
${body}    target:
      http:
        url: https://toll.example/positions # CONTRACT
        # tls: # CONTRACT: the client certificate, and the authority of their server where it is a private one
        #   ca: "\${file:/run/secrets/toll-ca.pem}"
        #   cert: "\${file:/run/secrets/toll.crt}"
        #   key: "\${file:/run/secrets/toll-key.pem}"
        # webhookSignature: { secrets: ["\${file:/run/secrets/toll-webhook}"] } # only where they check such a signature
${answer}`
}

const body = `    # A vehicle that lacks one of these waits, and goes out in order once it has it: "tailrace held toll".
    requires: [tollId, plate, country, axles, weightKg, emissionClass] # CONTRACT
    # Vehicles that send nothing any more are told of: "tailrace silent toll". No position is made up for them.
    silence: { afterSeconds: 86400 }
    # Every position that is sent has the next number of its vehicle, and keeps it when it is sent again: without a gap, over crashes.
    sequence: { field: seq } # CONTRACT
    # What was delivered or refused, when and with which answer, in a chain: "tailrace receipts verify toll".
    receipts: {}
    # Who waits does so for as long as a position may be old, and goes to the dead letters then.
    held: { maxHours: 240 } # CONTRACT
    onePerDevice: true # CONTRACT: where they take one position of a vehicle in a request
    steps:
      # Too old by its own clock, or too far ahead of ours: counted as expired. 10 days here; 15 days are 1296000.
      - expire: { olderThanSeconds: 864000, aheadSeconds: 300 } # CONTRACT
      # A fix that is good enough; everything else is counted as filtered. What a tracker does not tell is no reason against it.
      - filter: "coalesce(position.valid, true) && coalesce(position.satellites, 4) >= 4 && coalesce(position.hdop, 0) <= 5" # CONTRACT
      - filter: 'exists("position.latitude") && exists("position.longitude")'
      - dedupe: { by: [timestamp, position.latitude, position.longitude] }
      # A kilometre and a minute, whichever comes later, five minutes at the latest; turns; each ignition, stop and start; and
      # while it stands one each five minutes. The field of mark says which of them it was.
      - sample: # CONTRACT
          everySeconds: 300
          movedM: 1000
          movedAfterSeconds: 60
          turnedDegrees: 40
          changes: { ignition: engine.ignition.status }
          standing: { when: "position.speed < 3", heartbeatSeconds: 300 }
          mark: reason
      - enrich: { prefix: vehicle. }
      # Their names on the left, ours on the right. What ends in ? is left out where a message has none.
      - template: # CONTRACT
          vehicle: vehicle.tollId
          plate: vehicle.plate
          country: vehicle.country
          axles: vehicle.axles
          weightKg: vehicle.weightKg
          emissionClass: vehicle.emissionClass
          time: format_time(timestamp)
          latitude: round(position.latitude, 6)
          longitude: round(position.longitude, 6)
          "altitudeM?": round(position.altitude)
          "speedKmh?": round(position.speed) # km/h, as here; for another unit put "units" in front
          "heading?": round(position.direction) % 360
          "satellites?": position.satellites
          "ignition?": engine.ignition.status
          event: reason # first, time, distance, turn, ignition, stop, start, heartbeat, repeat
`

const answer = `        maxMessages: 100 # CONTRACT
        # What the answer says of each position: {"results": [{"status": "accepted"}, {"status": "refused", "reason": "too old"}]}
        parts: # CONTRACT
          lists:
            - at: results
              value: status
              reason: reason
              meanings: { accepted: delivered, duplicate: delivered, unknown-vehicle: reject-device, busy: retry, "*": reject }
          unnamed: retry
`
