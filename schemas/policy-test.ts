// The shape of a file for `tailrace test`: cases that say what a stream is sent, what its target answers, and what must
// come of it. What stands inside of a line of text is read by processors/commands/test/.

import { type Static, Type } from 'typebox'
import { count, type Frozen } from './define.ts'

/** Settings of a stream, checked with the configuration's own schema once they are put together. */
const settings = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description })

const line = (description: string, expects: string) =>
  Type.String({ description, minLength: 1, 'x-expects': expects, 'x-public': true })

const lines = (description: string, of: string, expects: string) =>
  Type.Array(line(of, expects), { description })

const expectSchema = Type.Object(
  {
    requests: Type.Optional(
      lines(
        'Every request, in order: when it began, its messages, and what was answered.',
        'Such as "7s a1 b1 -> 200"; the time may be a range, "0s..500ms", or "*".',
        'a line such as "7s a1 b1 -> 200"'
      )
    ),
    delivered: Type.Optional(
      lines(
        'The messages that were confirmed, in order.',
        'Names, such as "a1" or "a1..a3 b1".',
        'names of messages'
      )
    ),
    sent: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'What the target got of a message, by its name: what the steps of the stream made of it.'
      })
    ),
    deadLetters: Type.Optional(
      lines('The dead letters, in order.', 'Such as "a1 http_rejected".', 'a line such as "a1 http_rejected"')
    ),
    held: Type.Optional(
      lines(
        'Who waits in the held topic at the end, with how many messages and why.',
        'Such as "a 3 http_device_refused".',
        'a line such as "a 3 http_device_refused"'
      )
    ),
    offset: Type.Optional(
      Type.Integer({ description: 'What is committed at the end, added up over the partitions.', minimum: 0 })
    ),
    counts: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
        description:
          'How many messages ended how, by the names of /status: delivered, filtered, expired, held, dead_lettered.'
      })
    ),
    state: Type.Optional(
      line(
        'The state of the stream at the end, with its reason if it has one.',
        'a line such as "running" or "halted http_unauthorized"'
      )
    )
  },
  {
    additionalProperties: false,
    description: 'What must come of it; what is left out is not looked at.'
  }
)

const caseSchema = Type.Object(
  {
    case: line('What it shows, as a sentence.', 'a sentence'),
    stream: Type.Optional(line('The stream of the configuration to test.', 'the name of a stream')),
    settings: Type.Optional(settings('Settings of the stream for this case, put over the others.')),
    partitions: count('Partitions of the channel.', 1),
    messages: Type.Array(
      line('Names of messages, such as "a1 b1 a2", or "10s a3" for later.', 'names of messages'),
      {
        description:
          'What is sent, in order: a name is a device and a number, "a1", or "truck-7#1". A line may begin with its time.',
        minItems: 1
      }
    ),
    values: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
      description: 'What is in a message, by its name; default: its ident, its name and a timestamp.',
      default: {}
    }),
    attributes: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
      description:
        'Attributes of devices, by their idents; they take the place of those of the configuration.',
      default: {}
    }),
    answers: Type.Array(
      line('Such as "429 retry-after 7", "503 x3" or "404 when b until 60s".', 'an answer'),
      {
        description:
          'What the target answers, one request after the other; after the last one it accepts. "when" gives an answer to every request with that device or message.',
        default: []
      }
    ),
    events: Type.Array(line('Such as "30s restart" or "60s release b".', 'a time and what happens then'), {
      description: 'What people do meanwhile: restart, release DEVICE, discard DEVICE.',
      default: []
    }),
    until: Type.Optional(
      line(
        'When it ends, such as "90s"; default: when nothing is left to do, after an hour at most.',
        'a duration'
      )
    ),
    expect: Type.Optional(expectSchema)
  },
  { additionalProperties: false, description: 'One case.' }
)

/** The whole file. */
export const policyTestSchema = Type.Object(
  {
    config: Type.Optional(
      line(
        'The configuration whose streams are tested; a path from this file.',
        'the path of a configuration'
      )
    ),
    stream: Type.Optional(line('The stream that all cases test.', 'the name of a stream')),
    settings: Type.Optional(
      settings('Settings of the stream, put over those of the configuration; without one, the whole stream.')
    ),
    cases: Type.Array(caseSchema, { description: 'The cases.', minItems: 1 })
  },
  { additionalProperties: false, title: 'Tailrace policy test' }
)

export type PolicyCase = Frozen<Static<typeof caseSchema>>
export type PolicyTest = Frozen<Static<typeof policyTestSchema>>
export type Expectations = Frozen<Static<typeof expectSchema>>
