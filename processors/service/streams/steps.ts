// What a stream needs to know of its messages before it sends them: which it wants, and the steps that they meet.

import type { Config } from '../../../schemas/config.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { type StreamConfig, splitEntry } from '../../../schemas/stream.ts'
import {
  type Attributes,
  type AttributesParts,
  type OpenAttributes,
  openAttributes
} from '../../attributes/attributes.ts'
import { compileGeofences, type Geofence } from '../../geo/geofence.ts'
import { compileSteps } from '../../steps/compile.ts'
import { Pipeline } from '../../steps/pipeline.ts'
import { type KeyedRecord, subscription } from '../../stream/assignment/subscription.ts'
import type { SilenceOptions } from '../../stream/silence/silence.ts'
import type { StepsOptions } from '../../stream/steps/steps.ts'

/** What the steps of all streams share. */
export interface Surroundings {
  readonly geofences: ReadonlyMap<string, Geofence>
  readonly attributes: Attributes
}

/** Where nothing is known of devices. */
export const noAttributes: OpenAttributes = {
  of: () => null,
  idents: () => [],
  size: 0,
  watch: () => () => {},
  close: async () => {}
}

/** What a configuration knows of devices: before any stream starts, it must be known. Rejects as openAttributes() does. */
export async function attributesOf(
  { attributes }: Pick<Config, 'attributes'>,
  { folder, ...parts }: Omit<AttributesParts, 'baseFolder'> & { readonly folder: string }
): Promise<OpenAttributes> {
  return attributes === undefined
    ? noAttributes
    : openAttributes(attributes, { ...parts, baseFolder: folder })
}

export function surroundingsOf(
  { geofences }: Pick<Config, 'geofences'>,
  attributes: Attributes = noAttributes
): Surroundings {
  return { geofences: compileGeofences(geofences).geofences, attributes }
}

/** The steps of a checked configuration; null where it has none, and nobody asks when devices were heard. */
export function stepsOf(
  config: StreamConfig,
  surroundings: Surroundings,
  silence: SilenceOptions | null
): StepsOptions | null {
  const { attributes } = surroundings
  const without = silence && new Pipeline({ steps: [], requires: [], attributes })
  const pipeline = pipelineOf(config, surroundings) ?? without
  if (pipeline === null) return null
  const { topic, maxDevices } = config.state
  return { pipeline, topic, maxDevices, silence, watchAttributes: changed => attributes.watch(changed) }
}

/** Throws `config_invalid` for what checking the configuration would have found. */
export function pipelineOf(
  { steps: configs, requires }: Pick<StreamConfig, 'steps' | 'requires'>,
  surroundings: Surroundings
): Pipeline | null {
  if (configs.length === 0 && requires.length === 0) return null
  const { steps, mistakes } = compileSteps(configs, surroundings)
  const [mistake] = mistakes
  if (mistake !== undefined)
    throw new FaultError('config_invalid', { detail: `steps: ${mistake.path.join('.')} ${mistake.sentence}` })
  return new Pipeline({ steps, requires, attributes: surroundings.attributes })
}

/** Which records of its topics it wants. */
export function wantedBy(
  { from, where }: StreamConfig,
  channels: Config['channels'],
  { attributes }: Surroundings
): ((record: KeyedRecord) => boolean) | null {
  const devices = new Map<string, string[] | null>()
  for (const { channel, device } of from.map(splitEntry)) {
    const topic = channels[channel]?.topic ?? channel
    const known = devices.get(topic)
    if (device === null || known === null) devices.set(topic, null)
    else devices.set(topic, [...(known ?? []), device])
  }
  if (where === undefined && [...devices.values()].every(names => names === null)) return null
  return subscription({ devices, where: where ?? null, attributes })
}
