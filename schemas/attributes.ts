// The shape of the section `attributes`: where what is known of devices beside what they send is kept. It names one
// place; the format is the same in all of them.

import { Type } from 'typebox'
import { topicName } from './define.ts'

const path = (description: string, example: string) =>
  Type.String({ description, minLength: 1, examples: [example], 'x-public': true })

/** One of three places. */
export type AttributesConfig =
  | { readonly file: string }
  | { readonly folder: string }
  | { readonly topic: string }

export const attributesSchema = Type.Unsafe<AttributesConfig>({
  type: 'object',
  properties: {
    file: path(
      'A YAML or JSON file of devices by ident, relative to the configuration file. A change is taken within seconds.',
      'devices.yaml'
    ),
    folder: path(
      'A folder, relative to the configuration file, whose .yaml, .yml and .json files are taken together; each device stands in one of them.',
      'devices'
    ),
    topic: topicName(
      'A compacted Kafka topic: the key is the ident, the value JSON as in a file; a record without value removes the device.'
    )
  },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  description:
    'What is known of devices beside what they send, such as plates and numbers of axles: exactly one of these keys says where it is kept.',
  'x-expects': 'one of the keys file, folder and topic'
})
