// Computes fields from expressions.

import { expression } from '../../../schemas/define.ts'
import { Fault, type Json } from '../../expression/values.ts'
import { byField, optionalName } from '../names.ts'
import { Recall } from '../recall.ts'
import { defineStep, Refusal } from '../step.ts'

export const map = defineStep({
  kind: 'map',
  summary:
    'Sets fields to what expressions give. All of them see the message as it was before the step. An error rejects the message; behind a name that ends in ? it leaves the field out, as null does.',
  config: byField(expression('What the field is set to.'), { minProperties: 1 }),
  examples: [
    {
      settings: `map: { position.speed: 'round(position.speed / 3.6, 1)', moving: 'position.speed > 0', 'driver?': 'ibutton.code' }`,
      messages: [{ 'position.speed': 90 }, { din: 1 }],
      results: [
        { 'position.speed': 25, moving: true },
        'field "position.speed": the message has no "position.speed" (at 7 of the expression)'
      ]
    }
  ],
  create(config, env) {
    const entries = Object.entries(config).map(([key, source]) => ({
      ...optionalName(key),
      expression: env.expression(source, key)
    }))
    for (const { name } of entries) env.makes(name)
    const recall = new Recall(entries.map(entry => entry.expression))
    return {
      remembers: recall.isNeeded,
      apply(draft) {
        recall.recall(draft)
        const values: (Json | undefined)[] = []
        for (const { name, isOptional, expression: source } of entries) {
          const value = source.value(draft)
          if (value instanceof Fault && !isOptional) return new Refusal(name, reasonOf(value))
          values.push(value instanceof Fault || (value === null && isOptional) ? undefined : value)
        }
        values.forEach((value, index) => {
          const entry = entries[index]
          if (entry !== undefined && value !== undefined) draft.set(entry.name, value)
        })
        return 'pass'
      }
    }
  }
})

/** Why an expression has no value, and where in its source. */
export function reasonOf({ reason, at }: Fault): string {
  return `${reason} (at ${at + 1} of the expression)`
}
