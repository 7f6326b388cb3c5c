// Adds the attributes of the device: its plate, its axles, whatever the section `attributes` has for it.

import { Type } from 'typebox'
import { NameSet, nameList } from '../names.ts'
import { defineStep } from '../step.ts'

export const enrich = defineStep({
  kind: 'enrich',
  summary:
    'Adds attributes of the device, those that are valid at the timestamp of the message, in place of fields of the same name. What a device does not have is not added; to make it wait until it has, name it under "requires" of the stream.',
  config: Type.Object(
    {
      attributes: { ...nameList('The attributes to add.'), default: ['*'] },
      prefix: Type.String({ description: 'Is put in front of their names.', default: '' })
    },
    { additionalProperties: false }
  ),
  examples: [
    {
      settings: `enrich: { attributes: [plate], prefix: 'vehicle.' }`,
      messages: [{ ident: 'a1', timestamp: 100 }],
      results: [{ ident: 'a1', timestamp: 100, 'vehicle.plate': 'CB 1234 AB' }]
    }
  ],
  create({ attributes: names, prefix }, env) {
    const { attributes } = env
    for (const name of names) if (!name.includes('*')) env.makes(prefix + name)
    const wanted = new NameSet(names)
    return {
      remembers: false,
      apply(draft) {
        const found = attributes.of(draft.device, draft.measuredMs)
        if (found === null) return 'pass'
        for (const name of Object.keys(found))
          if (wanted.has(name)) draft.set(prefix + name, found[name] ?? null)
        return 'pass'
      }
    }
  }
})
