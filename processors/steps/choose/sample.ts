// Thins out: of each device a message passes when enough time has gone by, or it has moved or turned enough, since the one
// that passed last, or when something has changed since the message before. While the device stands only the time since then
// counts. What comes late, older than what passed last, is thinned out among its own, so that a black box that is read out
// while the device reports live disturbs nothing. All of it depends on messages alone, so it is the same after a restart.

import { type Static, Type } from 'typebox'
import { expression } from '../../../schemas/define.ts'
import { timestampOf } from '../measured.ts'
import { byField } from '../names.ts'
import { defineStep, type StepEnv } from '../step.ts'
import { sampleExamples } from './sampling/examples.ts'
import { Sampler, type SamplerOptions } from './sampling/sampler.ts'

const positive = (description: string) => Type.Optional(Type.Number({ description, exclusiveMinimum: 0 }))

const config = Type.Object(
  {
    everySeconds: positive('Passes when the one before that passed is at least so much older.'),
    movedM: positive('Passes when it is at least so many metres from there.'),
    movedAfterSeconds: positive(
      'movedM counts only when the one before that passed is at least so much older.'
    ),
    turnedDegrees: positive('Passes when position.direction differs by at least so much.'),
    keep: Type.Optional(expression('Passes whenever this is true: `exists("alarm.event")`.')),
    changes: Type.Optional(
      byField(expression('Passes when the value of this is another than with the message before.'), {
        description:
          'Values that are watched, each under a name of your own. A message that does not tell one, as it lacks the field, changes nothing.',
        minProperties: 1
      })
    ),
    standing: Type.Optional(
      Type.Object(
        {
          when: expression('Whether the device stands: `position.speed < 3`.'),
          heartbeatSeconds: Type.Number({
            description:
              'While it stands one passes when the one before that passed is at least so much older.',
            exclusiveMinimum: 0
          })
        },
        {
          additionalProperties: false,
          description:
            'While the device stands everySeconds, movedM and turnedDegrees do not count. Passes when it comes to stand and when it starts.'
        }
      )
    ),
    mark: Type.Optional(
      Type.String({
        description:
          'A field that says why the message passed: first, a name of changes, stop, start, kept, heartbeat, time, distance, turn; or repeat, where a message that was set aside is sent again.',
        minLength: 1
      })
    )
  },
  { additionalProperties: false, minProperties: 1 }
)

export const sample = defineStep({
  kind: 'sample',
  summary:
    'Thins out: of each device the first message passes, and then one for which any of the conditions holds; the others are counted as filtered.',
  config,
  examples: sampleExamples,
  create(settings, env) {
    env.reads('timestamp')
    const { mark } = settings
    if (mark !== undefined) env.makes(mark)
    if (settings.movedAfterSeconds !== undefined && settings.movedM === undefined)
      env.mistake('needs movedM beside it', 'movedAfterSeconds')
    const sampler = new Sampler(optionsOf(settings, env))
    return {
      remembers: true,
      apply(draft) {
        const timestamp = timestampOf(draft.fields)
        if (typeof timestamp !== 'number') return timestamp
        const reason = sampler.reason(draft, timestamp)
        // What does not pass goes on only where somebody has it sent once more.
        if (mark !== undefined) draft.set(mark, reason ?? 'repeat')
        return reason === null ? 'filtered' : 'pass'
      }
    }
  }
})

function optionsOf(settings: Static<typeof config>, env: StepEnv): SamplerOptions {
  const { everySeconds, keep, movedAfterSeconds, movedM, standing, turnedDegrees } = settings
  const changes = Object.entries(settings.changes ?? {}).map(
    ([name, source]) => [name, env.expression(source, 'changes', name)] as const
  )
  return {
    bounds: {
      seconds: everySeconds ?? Number.POSITIVE_INFINITY,
      metres: movedM ?? Number.POSITIVE_INFINITY,
      metresAfterSeconds: movedAfterSeconds ?? 0,
      degrees: turnedDegrees ?? Number.POSITIVE_INFINITY
    },
    keep: keep === undefined ? null : env.expression(keep, 'keep'),
    changes,
    stands: standing === undefined ? null : env.expression(standing.when, 'standing', 'when'),
    heartbeatSeconds: standing?.heartbeatSeconds ?? Number.POSITIVE_INFINITY
  }
}
