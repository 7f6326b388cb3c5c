// A stream is scaled as pods are: processes join and leave under load, a slow receiver is fed by one and by two, and what
// a stream has use for is read off while its target is down and while it catches up.

import type { EnginePromise } from '../promise.ts'
import { moves } from './moves.ts'
import { shares } from './shares.ts'
import { useful } from './useful.ts'

export const scaleOut: EnginePromise = {
  name: 'scale-out',
  title:
    'processes that join and leave under load lose, repeat and disorder nothing, and more of them deliver more',
  async run(stage, scale) {
    const parts = [await moves(stage, scale), await shares(stage, scale), await useful(stage, scale)]
    return {
      complaints: parts.flatMap(({ complaints }) => complaints),
      shortfalls: parts.flatMap(({ shortfalls }) => shortfalls),
      figures: Object.assign({}, ...parts.map(({ figures }) => figures))
    }
  }
}
