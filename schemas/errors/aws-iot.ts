// What can go wrong at AWS IoT Core beyond what can at any MQTT broker: a part of the closed list in errors.ts.

import type { ErrorSpec } from '../errors.ts'

export const awsIotErrors = {
  aws_iot_certificate_refused: {
    sentence: 'AWS IoT Core refused the client certificate',
    hint: 'Check that tls.cert is registered and active in this account and region (aws iot list-certificates), that it has not expired, and that tls.key belongs to it.',
    outcome: 'halt'
  },
  aws_iot_protocol_refused: {
    sentence: 'The endpoint does not speak this protocol on this port',
    hint: 'Use port 8883 (mode https: 8443), or check that endpoint is the one of iot:Data-ATS and nothing on the way answers for it.',
    outcome: 'halt'
  },
  aws_iot_hung_up: {
    sentence: 'AWS IoT Core closed the connection without an answer',
    hint: 'If it goes on: check that the certificate is active and has a policy, and that the policy allows iot:Connect for the client id.',
    outcome: 'unsent'
  },
  aws_iot_unauthorized: {
    sentence: 'AWS IoT Core does not know this client, or does not let it connect',
    hint: 'The policy of the certificate has to allow iot:Connect for the client id; connectors/aws-iot/README.md shows one.',
    outcome: 'halt'
  },
  aws_iot_ack_timeout: {
    sentence: 'AWS IoT Core did not confirm a message in time',
    hint: 'It discards without a word what exceeds a quota: look for throttling in CloudWatch (PublishIn.Throttle), and for other processes on the quotas of the account.',
    outcome: 'unknown'
  },
  aws_iot_passed_over: {
    sentence: 'AWS IoT Core did not confirm a message in time, and confirmed later ones',
    hint: 'It discards without a word what exceeds a quota: look for throttling in CloudWatch (PublishIn.Throttle), and for other processes on the quotas of the account. The device waits and is tried again; maxAttempts of the stream gives such messages up.',
    outcome: 'unknown',
    isBlameless: true
  },
  aws_iot_too_large: {
    sentence: 'The message is larger than AWS IoT Core takes',
    hint: 'A step can leave out what is not needed; with format array or byDevice fewer messages travel together by themselves.',
    outcome: 'reject'
  }
} as const satisfies Record<string, ErrorSpec>
