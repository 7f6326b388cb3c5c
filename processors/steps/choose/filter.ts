// Lets messages pass for which an expression is true.

import { expression } from '../../../schemas/define.ts'
import { Fault } from '../../expression/values.ts'
import { Recall } from '../recall.ts'
import { defineStep } from '../step.ts'

export const filter = defineStep({
  kind: 'filter',
  summary:
    'Lets a message pass if the expression is true. 0, false, null and an error, such as a missing field, are not; such a message is counted as filtered.',
  config: expression('What must be true.'),
  examples: [
    {
      settings: `filter: 'position.valid && position.speed < 250'`,
      messages: [{ 'position.valid': true, 'position.speed': 80 }, { 'position.speed': 80 }],
      results: [{ 'position.valid': true, 'position.speed': 80 }, 'filtered']
    }
  ],
  create(source, env) {
    const condition = env.expression(source)
    const recall = new Recall([condition])
    return {
      remembers: recall.isNeeded,
      apply(draft) {
        recall.recall(draft)
        return condition.test(draft) ? 'pass' : 'filtered'
      },
      explain(draft) {
        const value = condition.value(draft)
        return value instanceof Fault ? value.reason : null
      }
    }
  }
})
