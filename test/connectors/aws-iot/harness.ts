// An AWS IoT Core target against its double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { AwsIotDouble, type AwsIotDoubleOptions } from '../../../connectors/aws-iot/double.ts'
import { awsIotTarget } from '../../../connectors/aws-iot/index.ts'
import { type AwsIotTargetConfig, awsIotTargetSchema } from '../../../connectors/aws-iot/target-config.ts'
import { systemClock } from '../../../connectors/clock.ts'
import type { Batch, Target, TargetEnv } from '../../../connectors/connector.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import type { Published } from '../../../connectors/shared/mqtt/double.ts'
import { makeCertificates } from '../../certificates.ts'

export const certificates = makeCertificates()

export type Settings = Partial<Omit<AwsIotTargetConfig, 'limits' | 'tls'>> & {
  readonly limits?: Partial<AwsIotTargetConfig['limits']>
  readonly tls?: Partial<AwsIotTargetConfig['tls']>
}

/** A target with the schema's defaults, the right certificate, and these settings. */
export async function targetAt(
  t: ExecutionContext,
  port: number,
  settings: Settings & Partial<Pick<TargetEnv, 'clock' | 'replay'>> = {}
): Promise<Target> {
  const { clock = systemClock, replay, tls, ...rest } = settings
  const given = { endpoint: `localhost:${port}`, topic: 'fleet/telemetry', tls: { ...certificates, ...tls } }
  const whole = Value.Default(awsIotTargetSchema, { ...given, ...rest })
  const env = { stream: 'acme', clock, log: () => {}, mask: new Mask([]) }
  const target = await awsIotTarget.create(
    Value.Parse(awsIotTargetSchema, whole),
    replay === undefined ? env : { ...env, replay }
  )
  t.teardown(() => target.close())
  return target
}

/** A running double that keeps what it took. */
export async function doubleWith(t: ExecutionContext, options: Partial<AwsIotDoubleOptions> = {}) {
  const ledger: Published[] = []
  const double = new AwsIotDouble({
    clock: systemClock,
    tls: { ...certificates, clientCa: certificates.ca },
    ledger: published => void ledger.push(published),
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  return { double, ledger }
}

/** The outcomes of one attempt, one per message, each as its kind and code. */
export async function outcomesOf(target: Target, batch: Batch): Promise<string[]> {
  const outcome = await target.deliver(batch, new AbortController().signal)
  const list = Array.isArray(outcome) ? outcome : batch.messages.map(() => outcome)
  return list.map(one => (one.kind === 'delivered' ? one.kind : `${one.kind} ${one.code}`))
}
