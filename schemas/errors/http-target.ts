// What can go wrong while delivering over HTTP.

export const httpTargetErrors = {
  http_connect_failed: {
    sentence: 'The target could not be reached',
    hint: 'Check the host and port in url, DNS, the network, and that the receiver runs.',
    outcome: 'unsent'
  },
  http_connect_timeout: {
    sentence: 'The target did not accept the connection in time',
    hint: 'Check the network and firewalls on the way, or raise connectTimeoutMs.',
    outcome: 'unsent'
  },
  http_tls_failed: {
    sentence: 'No trusted TLS connection to the target came about',
    hint: 'Check its certificate, tls.ca if it has an authority of its own, and that url and port speak TLS.',
    outcome: 'unsent'
  },
  http_proxy_refused: {
    sentence: 'The proxy opened no way to the target',
    hint: 'Check proxy of the target, or HTTPS_PROXY and NO_PROXY, and what the proxy allows.',
    outcome: 'unsent'
  },
  http_response_timeout: {
    sentence: 'The target took the request and did not answer in time',
    hint: 'Make the receiver answer sooner, send smaller batches, or raise responseTimeoutMs.',
    outcome: 'unknown'
  },
  http_body_timeout: {
    sentence: 'The target began to answer and did not end in time',
    hint: 'Make the receiver end its answer, or raise bodyTimeoutMs.',
    outcome: 'unknown'
  },
  http_connection_lost: {
    sentence: 'The connection to the target broke before it had answered',
    outcome: 'unknown'
  },
  http_answer_incomplete: {
    sentence: 'The target broke off its answer in the middle',
    outcome: 'unknown'
  },
  http_answer_malformed: {
    sentence: 'The target answered something that is not valid HTTP/1.1',
    hint: 'Check that url and port are those of an HTTP receiver.',
    outcome: 'unknown'
  },
  http_unavailable: {
    sentence: 'The target cannot take messages at the moment',
    outcome: 'retry',
    isOverload: true
  },
  http_throttled: {
    sentence: 'The target asked to send less often',
    hint: 'Larger batches make fewer requests; rateLimit of the stream keeps below a limit that is known.',
    outcome: 'retry',
    isOverload: true
  },
  http_success_unlisted: {
    sentence: 'The target answered with a 2xx status that is not listed in success',
    hint: 'Add the status to success if it means that the target has the messages.',
    outcome: 'retry'
  },
  http_retry_asked: {
    sentence: 'The target did not take the messages now, as its answer says',
    outcome: 'retry'
  },
  http_halt_asked: {
    sentence: 'The target takes nothing until somebody looks at it, as its answer says',
    hint: 'The answer of the target should say why; rules and parts of the target say what is read there.',
    outcome: 'halt'
  },
  http_parts_unread: {
    sentence: 'The target answered with 207, which says of each message something else, and nobody reads it',
    hint: 'Say with parts of the target what its body means, or list 207 in success if it means all of them.',
    outcome: 'halt'
  },
  http_answer_unreadable: {
    sentence: 'The answer does not tell what became of each message, as it should',
    hint: 'Compare the answer with parts of the target.',
    outcome: 'unknown'
  },
  http_unauthorized: {
    sentence: 'The target refused the credentials',
    hint: 'Check the credentials in the configuration of the target.',
    outcome: 'halt'
  },
  http_token_refused: {
    sentence: 'The target refused the token, and a new one is fetched',
    outcome: 'retry'
  },
  http_token_unavailable: {
    sentence: 'No token could be fetched',
    hint: 'Check that the server at oauth2.tokenUrl runs and can be reached.',
    outcome: 'unsent'
  },
  http_token_denied: {
    sentence: 'The token server refused to give out a token',
    hint: 'Check clientId, clientSecret, scope and audience of oauth2.',
    outcome: 'halt'
  },
  http_redirected: {
    sentence: 'The target sent us to another address, and redirects are not followed',
    hint: 'Put the final address into url.',
    outcome: 'halt'
  },
  http_address_refused: {
    sentence: 'The target does not take messages at this address',
    hint: 'Check the path in url, and that a POST is accepted there.',
    outcome: 'halt'
  },
  http_device_refused: {
    sentence: 'The target refused the device',
    hint: 'Register the device there, or lift what blocks it: what waits then goes out by itself.',
    outcome: 'reject'
  },
  http_message_unfit: {
    sentence: 'The message has not what its request is made of',
    hint: 'url, headers and format of the target say what is needed.',
    outcome: 'reject'
  },
  http_too_large: {
    sentence: 'The target refused the messages as too large',
    hint: 'Lower maxBytes or maxMessages to what the receiver accepts.',
    outcome: 'reject'
  },
  http_rejected: {
    sentence: 'The target refused the messages for what they contain',
    hint: 'The answer of the target should say why. Mend what sends such messages, or make the target take them.',
    outcome: 'reject'
  }
} as const
