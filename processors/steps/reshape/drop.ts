// Drops the named fields.

import { NameSet, nameList, noteNames } from '../names.ts'
import { defineStep } from '../step.ts'
import { keeping } from './select.ts'

export const drop = defineStep({
  kind: 'drop',
  summary: 'Drops the named fields and keeps all others.',
  config: nameList('The fields to drop.'),
  examples: [
    {
      settings: `drop: ['channel.*', peer]`,
      messages: [{ ident: 'a1', 'channel.id': 5, peer: '10.0.0.1:5000' }],
      results: [{ ident: 'a1' }]
    }
  ],
  create(list, env) {
    noteNames(env, list)
    return keeping(new NameSet(list), false)
  }
})
