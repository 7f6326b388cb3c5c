// An Azure IoT Hub target against its double, both on loopback, with everything closed when the test ends.

import type { ExecutionContext } from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../connectors/clock.ts'
import type { Batch, Message, Outcome, Target, TargetEnv } from '../../../connectors/connector.ts'
import {
  IotHubHttpsDouble,
  type IotHubHttpsDoubleOptions,
  type ReceivedEvent
} from '../../../connectors/iot-hub/double/https.ts'
import { IotHubMqttDouble, type IotHubMqttDoubleOptions } from '../../../connectors/iot-hub/double/mqtt.ts'
import { Registry, type RegistryOptions } from '../../../connectors/iot-hub/double/registry.ts'
import { iotHubTarget } from '../../../connectors/iot-hub/index.ts'
import { type IotHubTargetConfig, iotHubTargetSchema } from '../../../connectors/iot-hub/target-config.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { makeCertificates } from '../../certificates.ts'
import { batchFrom, messagesOf } from '../../messages.ts'

export const certificates = makeCertificates()
export const hub = 'localhost'
export const policyKey = Buffer.from('the key of the policy').toString('base64')
export const policy = { name: 'device', key: policyKey }

export type Settings = Partial<IotHubTargetConfig> & Partial<Pick<TargetEnv, 'clock' | 'replay'>>

/** A target with the schema's defaults, the right policy unless other credentials are given, and these settings. */
export async function targetAt(t: ExecutionContext, port: number, settings: Settings = {}): Promise<Target> {
  const { clock = systemClock, replay, ...rest } = settings
  const { groupKey, deviceKeys, deviceKeyField, certificates: own } = settings
  const hasOthers = (groupKey ?? deviceKeys ?? deviceKeyField ?? own) !== undefined
  const given = { host: `${hub}:${port}`, tls: { ca: certificates.ca }, ...(!hasOthers && { policy }) }
  const whole = Value.Default(iotHubTargetSchema, { ...given, ...rest })
  const env = { stream: 'acme', clock, log: () => {}, mask: new Mask([policyKey]) }
  const target = await iotHubTarget.create(
    Value.Parse(iotHubTargetSchema, whole),
    replay === undefined ? env : { ...env, replay }
  )
  t.teardown(() => target.close())
  return target
}

/** A registry with these devices, d0 and d1 unless others are named. */
export function registryWith(
  devices: readonly string[] = ['d0', 'd1'],
  options: Partial<RegistryOptions> = {}
): Registry {
  const registry = new Registry({ hub, policies: { device: policyKey }, ...options })
  for (const device of devices) registry.set(device)
  return registry
}

/** A running hub that keeps what it took. */
export async function hubWith(
  t: ExecutionContext,
  options: Partial<IotHubHttpsDoubleOptions> & { readonly registry: Registry }
) {
  const ledger: ReceivedEvent[] = []
  const double = new IotHubHttpsDouble({
    clock: systemClock,
    tls: certificates,
    ledger: ({ events }) => void ledger.push(...events),
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  return { double, ledger }
}

/** The same over MQTT. */
export async function mqttHubWith(
  t: ExecutionContext,
  options: Partial<IotHubMqttDoubleOptions> & { readonly registry: Registry }
) {
  const ledger: ReceivedEvent[] = []
  const double = new IotHubMqttDouble({
    clock: systemClock,
    tls: certificates,
    ledger: event => void ledger.push(event),
    ...options
  })
  await double.start()
  t.teardown(() => double.stop())
  return { double, ledger }
}

/** `count` messages of a device; `fields` of the message with a number. */
export function messagesOfDevice(
  device: string,
  count: number,
  fields: (seq: number) => Record<string, unknown> = () => ({})
): Message[] {
  const values = Array.from({ length: count }, (_, seq) =>
    JSON.stringify({ ident: device, seq, ...fields(seq) })
  )
  return messagesOf(values, { keys: values.map(() => device) })
}

/** The batch of these messages, which have one destination. */
export function batchFor(target: Target, messages: readonly Message[]): Batch {
  const [first] = messages
  return batchFrom(messages, first === undefined ? '' : (target.destination?.(first) ?? ''))
}

/** What comes of these messages of one device, one outcome for each. */
export async function deliver(
  target: Target,
  messages: readonly Message[],
  signal = new AbortController().signal
): Promise<Outcome[]> {
  const outcome = await target.deliver(batchFor(target, messages), signal)
  return Array.isArray(outcome) ? outcome : messages.map(() => outcome)
}

/** The same as kind, scope where one is named, and code. */
export async function told(target: Target, messages: readonly Message[]): Promise<string[]> {
  return (await deliver(target, messages)).map(textOf)
}

export function textOf(outcome: Outcome): string {
  if (outcome.kind === 'delivered') return outcome.kind
  return [outcome.kind, outcome.scope, outcome.code].filter(part => part !== undefined).join(' ')
}
