// The part of the HTTP target's configuration that says what answers mean.

import { Type } from 'typebox'

const statuses = (description: string, minimum: number) =>
  Type.Array(Type.Integer({ minimum, maximum: 599 }), { description, minItems: 1, uniqueItems: true })

const meanings = ['delivered', 'reject', 'reject-device', 'retry', 'halt'] as const
const meaning = (description: string) => Type.Enum([...meanings], { description })

/** What an answer says of a message or a batch. */
export type Meaning = (typeof meanings)[number]

const path = (description: string) =>
  Type.String({
    description,
    pattern: '^(\\$|[^.\\s]+(\\.[^.\\s]+)*)$',
    'x-expects': 'names with dots between, or $ for the whole'
  })

const rule = Type.Object(
  {
    status: Type.Optional(statuses('The statuses that it is about; default: all.', 200)),
    body: Type.Record(
      Type.String({ minLength: 1 }),
      Type.Unknown({ description: 'The value, or a list of values.' }),
      {
        description: 'What the JSON of the answer must hold: a value, or one of several, at each path.',
        default: {},
        examples: [{ 'error.code': 'unit_unknown' }]
      }
    ),
    means: meaning('What such an answer means.')
  },
  { additionalProperties: false, description: 'A rule for answers.' }
)

const list = Type.Object(
  {
    at: path('Where the list stands in the answer; one that is missing is empty.'),
    index: Type.Optional(
      path('Where an entry holds the place of its message in the request, counted from 0.')
    ),
    id: Type.Optional(path('Where an entry holds the id of its message (messageId).')),
    ident: Type.Optional(path('Where an entry holds the device; it is about all of its messages.')),
    value: Type.Optional(path('Where an entry holds what became of its message.')),
    means: Type.Optional(meaning('What every entry means.')),
    meanings: Type.Record(Type.String({ minLength: 1 }), meaning('What the value means.'), {
      description: 'What an entry with this value means; "*" is for every other value.',
      default: {},
      examples: [{ stored: 'delivered', busy: 'retry', '*': 'reject' }]
    }),
    reason: Type.Optional(path('Where an entry holds the reason.'))
  },
  {
    additionalProperties: false,
    description:
      'A list in the answer with an entry for a message: by index, id or ident; without them, by its place in the list.'
  }
)

export const answerFields = {
  success: Type.Optional(
    Type.Array(Type.Integer({ minimum: 200, maximum: 499 }), {
      description: 'The statuses that mean "the target has the messages"; default: every 2xx but 207.',
      minItems: 1,
      uniqueItems: true,
      examples: [[200]]
    })
  ),
  refusesDevice: Type.Array(Type.Integer({ minimum: 400, maximum: 499 }), {
    description:
      'The statuses that mean "this device is unknown or blocked here": it waits, and the others go on (onDeviceReject).',
    default: [],
    uniqueItems: true,
    examples: [[404, 422]]
  }),
  rules: Type.Array(rule, {
    description: 'What answers mean that the status alone does not tell; the first that fits decides.',
    default: [],
    examples: [[{ status: [404], body: { code: 'unit_unknown' }, means: 'reject-device' }]]
  }),
  parts: Type.Optional(
    Type.Object(
      {
        status: Type.Optional(
          statuses('The statuses whose bodies say so; default: those of success, and 207.', 200)
        ),
        lists: Type.Array(list, { description: 'The lists in the answer.', minItems: 1 }),
        unnamed: meaning('What becomes of a message that no list names.')
      },
      {
        additionalProperties: false,
        description: 'The answer says of each message what became of it: some are accepted, others not.',
        examples: [
          {
            lists: [{ at: 'errors', index: 'item', reason: 'message', means: 'reject' }],
            unnamed: 'delivered'
          }
        ]
      }
    )
  )
}
