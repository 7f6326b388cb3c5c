// One target's other side: its double, the settings of a stream that delivers to it, and what has arrived there.

import { rightCredential } from '../../../conformance/fleet.ts'
import type { Double, TargetUnderTest } from '../../../conformance/target.ts'
import type { Stage } from '../stage.ts'

/** Of every answer, so that something is on its way when the double is killed. */
const latencyMs = 50
const timeoutMs = 5_000

export class OtherSide {
  readonly name: string
  readonly target: Record<string, unknown>
  readonly double: Double
  readonly #idOf: (bytes: Buffer) => string
  /** What has arrived, in the order of the first arrivals. */
  readonly #ids = new Set<string>()
  #read = 0

  private constructor({ name, definition, settings, identify = idOf }: TargetUnderTest, double: Double) {
    const { host, port } = double
    this.name = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    this.target = {
      [definition.kind]: settings({ host, port, credential: rightCredential, tls: undefined, timeoutMs })
    }
    this.double = double
    this.#idOf = identify
  }

  static async open(stage: Stage, under: TargetUnderTest): Promise<OtherSide> {
    const double = await stage.opened(await under.start({ credential: rightCredential }))
    if (under.lacks.late === undefined) double.order({ kind: 'confirm', afterMs: latencyMs })
    return new OtherSide(under, double)
  }

  get ids(): ReadonlySet<string> {
    const received = this.double.received()
    for (const bytes of received.slice(this.#read)) this.#ids.add(this.#idOf(bytes))
    this.#read = received.length
    return this.#ids
  }

  get arrivals(): number {
    return this.double.received().length
  }

  /** How many different messages it has confirmed. */
  get confirmed(): number {
    return new Set(this.double.confirmed().map(this.#idOf)).size
  }
}

function idOf(bytes: Buffer): string {
  const { ident, seq } = JSON.parse(bytes.toString())
  return `${ident}#${seq}`
}
