// The part of the HTTP target's configuration that says how we prove who we are.

import { Type } from 'typebox'
import { httpUrl, secret } from '../../../schemas/define.ts'

const hidden = 'Write ${env:NAME} or ${file:path}.'
const text = (description: string) => Type.String({ description, minLength: 1 })

/** Keys of Standard Webhooks. */
export const webhookSecrets = Type.Array(
  secret(`whsec_ and the key in base64. ${hidden}`, {
    pattern: '^whsec_[A-Za-z0-9+/]{22,88}={0,2}$',
    'x-expects': 'whsec_ and 16 to 64 bytes in base64'
  }),
  { description: 'The key; two of them while it is changed.', minItems: 1, maxItems: 4 }
)

export const authFields = {
  bearer: Type.Optional(
    secret(`Sent as "Authorization: Bearer ...". ${hidden}`, {
      pattern: '^[\\x21-\\x7e]+$',
      'x-expects': 'a token without blanks'
    })
  ),
  basic: Type.Optional(
    Type.Object(
      {
        username: Type.String({
          description: 'The user name.',
          pattern: '^[^:\\x00-\\x1f\\x7f]+$',
          'x-expects': 'a name without a colon'
        }),
        password: secret(`The password. ${hidden}`)
      },
      { additionalProperties: false, description: 'Sent as "Authorization: Basic ...".' }
    )
  ),
  query: Type.Record(
    Type.String({ minLength: 1 }),
    secret(`The value. ${hidden}`, { 'x-secret': 'perhaps' }),
    {
      description: 'Parameters that are added to the query of every request, such as an API key.',
      default: {},
      additionalProperties: false,
      examples: [{ api_key: '${env:ACME_KEY}' }]
    }
  ),
  oauth2: Type.Optional(
    Type.Object(
      {
        tokenUrl: httpUrl('Where tokens are given out.'),
        clientId: text('The client id.'),
        clientSecret: secret(`The client secret. ${hidden}`),
        scope: Type.Optional(text('The scopes to ask for, with blanks between.')),
        audience: Type.Optional(text('The audience to ask for, where the server wants one.')),
        credentialsIn: Type.Enum(['header', 'body'], {
          description: 'Where the server wants id and secret.',
          default: 'header'
        })
      },
      {
        additionalProperties: false,
        description:
          'OAuth 2 client credentials (RFC 6749, 4.4): a token is fetched, sent as bearer, and renewed before it expires.'
      }
    )
  ),
  webhookSignature: Type.Optional(
    Type.Object(
      {
        secrets: webhookSecrets
      },
      { additionalProperties: false, description: 'Signs every request as in Standard Webhooks 1.0.0.' }
    )
  ),
  awsSignature: Type.Optional(
    Type.Object(
      {
        service: text('The name of the service in signatures, such as execute-api or lambda.'),
        region: text('The region, such as eu-central-1.'),
        accessKeyId: text('The id of the access key.'),
        secretAccessKey: secret(`The access key. ${hidden}`),
        sessionToken: Type.Optional(secret(`The token of temporary credentials. ${hidden}`))
      },
      { additionalProperties: false, description: 'Signs every request with AWS Signature Version 4.' }
    )
  )
}
