// Broken configurations, one mistake each: the place and the sentence that a user gets. The sentences are an
// interface for newcomers: change them only for better ones. The Helm chart has to refuse what is refused here.

/** Four lines that every configuration needs. */
const base = `kafka: { brokers: ["localhost:9092"] }
channels:
  fleet: { sources: [{ http: {} }] }
streams:
`
const stream = (fields: string) =>
  `${base}  acme: { from: [fleet], target: { http: { url: "https://a.example" } }, ${fields} }`
const target = (fields: string) => `${base}  acme:\n    from: [fleet]\n    target: { http: { ${fields} } }`

const brokers = 'host:port (1 to 65535), without http://, or several of them with commas between'

export const mistakes: readonly [mistake: string, text: string, line: string][] = [
  [
    'a misspelt key',
    stream('strat: latest'),
    '5:74 streams.acme.strat is an unknown key, did you mean "start"?'
  ],
  [
    'a key of nothing known',
    stream('colour: red'),
    '5:74 streams.acme.colour is an unknown key (known keys: from, where, requires, group, start, steps, state, attemptTimeoutMs, retry, deadLetters, onDeviceReject, held, ledger, silence, objective, sequence, receipts, order, concurrency, onePerDevice, adaptiveConcurrency, rateLimit, ttlSeconds, maxSpan, safetyStop, paused, target)'
  ],
  [
    'a misspelt key at the top',
    `${base}  {}\nlissten: { http: 1 }`,
    '6:1 lissten is an unknown key, did you mean "listen"?'
  ],
  [
    'a URL of another scheme',
    target('url: "ftp://x"'),
    '7:28 streams.acme.target.http.url must be an http(s) URL without user name and password, got "ftp://x"'
  ],
  [
    'a URL with a password in it',
    target('url: "https://me:pass@a.example"'),
    '7:28 streams.acme.target.http.url must be an http(s) URL without user name and password, got "https://***@a.example"'
  ],
  [
    'an unknown kind of target',
    `${base}  acme: { from: [fleet], target: { htpp: {} } }`,
    '5:36 streams.acme.target.htpp is an unknown target, did you mean "http"? (known targets: http)'
  ],
  [
    'a target without a kind',
    `${base}  acme: { from: [fleet], target: {} }`,
    '5:34 streams.acme.target must be exactly one target, written as "kind: {...}" (known targets: http), got none'
  ],
  [
    'a missing target',
    `${base}  acme:\n    from: [fleet]`,
    '5:3 streams.acme.target is missing: it must be one target, written as "kind: {...}" (known targets: http)'
  ],
  [
    'a missing required key',
    target('maxMessages: 5'),
    '7:15 streams.acme.target.http.url is missing: it must be an http(s) URL without user name and password'
  ],
  ['no Kafka at all', 'streams: {}', '1:1 kafka is missing: it must be a mapping ("key: value" lines)'],
  [
    'a channel that does not exist',
    `${base}  acme: { from: [flet], target: { http: { url: "https://a.example" } } }`,
    '5:18 streams.acme.from[0] must be the name of a channel, got "flet", did you mean "fleet"?'
  ],
  [
    'a start that is no time',
    stream('start: yesterday'),
    '5:81 streams.acme.start must be latest, earliest or an ISO 8601 time with zone such as 2026-01-31T08:00:00Z, got "yesterday"'
  ],
  [
    'a text where a number is wanted',
    target('url: "https://a.example", maxMessages: many'),
    '7:62 streams.acme.target.http.maxMessages must be a whole number from 1 up, got "many"'
  ],
  [
    'a number out of range',
    `${base}  {}\nlisten: { http: 70000 }`,
    '6:17 listen.http must be a whole number from 0 to 65535, got the number 70000'
  ],
  [
    'a number where a text is wanted',
    `kafka: { brokers: ["localhost:9092"], sasl: { mechanism: plain, username: 12345, password: "abc" } }`,
    '1:75 kafka.sasl.username must be text that is not empty, got the number 12345: put it in quotes'
  ],
  [
    'a value outside of its list',
    `kafka: { brokers: ["localhost:9092"], sasl: { mechanism: md5, username: me, password: "abc" } }`,
    '1:58 kafka.sasl.mechanism must be one of plain, scram-sha-256, scram-sha-512, got "md5"'
  ],
  [
    'a broker without a port',
    'kafka: { brokers: [localhost] }',
    `1:20 kafka.brokers[0] must be ${brokers}, got "localhost"`
  ],
  ...['h:99999', 'h:0', 'http://h:1', '[::1]:9092'].map((broker): [string, string, string] => [
    `a broker ${broker}`,
    `kafka: { brokers: ["${broker}"] }`,
    `1:20 kafka.brokers[0] must be ${brokers}, got "${broker}"`
  ]),
  [
    'an authority that is no PEM',
    'kafka:\n  brokers: ["h:1"]\n  tls: { ca: garbage }',
    '3:14 kafka.tls.ca must be the PEM text of a certificate ("-----BEGIN ..."), got something else'
  ],
  [
    'a private key that is none',
    'kafka:\n  brokers: ["h:1"]\n  tls: { key: garbage }',
    '3:15 kafka.tls.key must be the PEM text of a private key without a passphrase ("-----BEGIN ..."), got something else'
  ],
  [
    'neither of two forms',
    target('url: "https://a.example", success: [ok]'),
    '7:58 streams.acme.target.http.success must be "any" or a list, got a list'
  ],
  ['a key without a value', `${base}`, '4:9 streams must be a mapping ("key: value" lines), got nothing'],
  [
    'a channel twice in one list',
    `${base}  acme: { from: [fleet, fleet], target: { http: { url: "https://a.example" } } }`,
    '5:25 streams.acme.from[1] is in the list already'
  ],
  [
    'a name with capitals and blanks',
    `${base}  Acme One: { from: [fleet], target: { http: { url: "https://a.example" } } }`,
    '5:3 streams["Acme One"] is not a valid name: expected lower-case letters, digits and dashes, at most 63 of them'
  ],
  [
    'a duplicate key',
    `${base}  {}\nkafka: { brokers: ["other:9092"] }`,
    '6:1 kafka is written twice: first at line 1, column 1'
  ],
  [
    'two streams of one group',
    `${stream('group: tailrace.beta')}\n  beta: { from: [fleet], target: { http: { url: "https://b.example" } } }`,
    '6:9 streams.beta uses the group of streams.acme.group at config.yaml:5:74; every stream needs a consumer group of its own'
  ],
  [
    'two channels of one topic',
    `kafka: { brokers: ["localhost:9092"] }\nchannels:\n  fleet: {}\n  cars: { topic: fleet }`,
    '4:18 channels.cars.topic uses the topic of channels.fleet at config.yaml:3:3; every channel needs a topic of its own'
  ],
  [
    'dead letters in a channel',
    stream('deadLetters: { topic: fleet }'),
    '5:96 streams.acme.deadLetters.topic would put its dead letters into fleet, which belongs to fleet; give it another deadLetters.topic'
  ],
  [
    'dead letters of two streams in one topic',
    `${stream('deadLetters: { topic: tailrace.beta.dead-letters }')}\n  beta: { from: [fleet], target: { http: { url: "https://b.example" } } }`,
    '6:9 streams.beta would put its dead letters into tailrace.beta.dead-letters, which belongs to acme; give it another deadLetters.topic'
  ],
  [
    'dead letters of a channel in another channel',
    'kafka: { brokers: ["localhost:9092"] }\nchannels:\n  fleet: { sources: [{ bus: {} }], deadLetters: { topic: cars } }\n  cars: {}',
    '3:58 channels.fleet.deadLetters.topic would put its dead letters into cars, which belongs to cars; give it another deadLetters.topic'
  ],
  [
    'dead letters of a channel and of a stream in one topic',
    'kafka: { brokers: ["localhost:9092"] }\nchannels:\n  fleet: { topic: a, sources: [{ bus: {} }] }\nstreams:\n  acme: { from: [fleet], group: a, target: { http: { url: "https://a.example" } } }',
    '5:9 streams.acme would put its dead letters into a.dead-letters, which belongs to fleet; give it another deadLetters.topic'
  ],
  [
    'devices that wait in a channel',
    stream('held: { topic: fleet }'),
    '5:89 streams.acme.held.topic would let its devices wait in fleet, which belongs to fleet; give it another held.topic'
  ],
  [
    'hold without an order of devices',
    stream('order: none, onDeviceReject: hold'),
    '5:103 streams.acme.onDeviceReject cannot be hold with order: none, since only with order: device one may wait beside others; write dead-letter'
  ],
  [
    'numbers without an order',
    stream('order: none, sequence: { field: seq }'),
    '5:81 streams.acme.order cannot be none with sequence, since numbers tell an order'
  ],
  [
    'numbers of messages that may be dropped for their age',
    stream('sequence: { field: seq }, ttlSeconds: 5'),
    '5:112 streams.acme.ttlSeconds cannot stand with sequence: a number would be missing; use the step expire'
  ],
  [
    'numbers of messages that may be given up',
    stream('sequence: { field: seq }, retry: { maxAttempts: 5 }'),
    '5:122 streams.acme.retry.maxAttempts cannot stand with sequence: a number would be missing'
  ],
  [
    'numbers over several channels',
    `${base.replace('channels:', 'channels:\n  vans: {}')}  acme: { from: [fleet, vans], target: { http: { url: "https://a.example" } }, sequence: { field: s } }`,
    '6:17 streams.acme.from must name one channel with sequence, since a device has its numbers in one place'
  ],
  [
    'one message per device without an order of devices',
    stream('order: partition, onePerDevice: true'),
    '5:106 streams.acme.onePerDevice needs order: device, and not partition'
  ],
  [
    'a group that is no name of a topic',
    stream('group: "a/b", held: { topic: waiting }'),
    '5:9 streams.acme would put its dead letters into a/b.dead-letters, which is no name of a topic; give it a deadLetters.topic'
  ],
  [
    'back-off that shrinks',
    stream('retry: { minDelayMs: 500, maxDelayMs: 100 }'),
    '5:74 streams.acme.retry must have a minDelayMs (500) that is not above its maxDelayMs (100)'
  ],
  [
    'a safety stop that cannot act',
    stream('safetyStop: { rejected: 200, of: 100 }'),
    '5:74 streams.acme.safetyStop must have a rejected (200) that is not above its of (100); equal, they switch it off'
  ],
  [
    'a number that is too small by a hair',
    stream('ttlSeconds: 0'),
    '5:86 streams.acme.ttlSeconds must be a number above 0, got the number 0'
  ],
  [
    'a number in quotes',
    stream('maxSpan: "60"'),
    '5:83 streams.acme.maxSpan must be a whole number from 1 up, got "60": leave out the quotes'
  ],
  [
    'two http sources of one channel',
    'kafka: { brokers: ["h:1"] }\nchannels:\n  fleet: { sources: [{ http: {} }, { http: { tokens: [a] } }] }',
    '3:38 channels.fleet.sources[1].http is a second http source of this channel, which can have one: it may have several tokens'
  ],
  [
    'one port for two listeners',
    `${base}  {}\nlisten: { http: 9100, admin: 9100 }`,
    '6:30 listen.admin must be another port than listen.http, which is 9100 as well'
  ],
  [
    'the default port of the other listener',
    `${base}  {}\nlisten: { http: 9090, adminHost: 0.0.0.0 }`,
    '6:17 listen.http must be another port than listen.admin, which is 9090 as well'
  ],
  [
    'an open source without tokens',
    `${base}  {}\nlisten: { host: 0.0.0.0 }`,
    '3:24 channels.fleet.sources[0].http must have tokens, because listen.host can be reached from outside: set tokens, senders, jwt or webhookSignature, or listen.tls.clientCa, or "insecure: true" to take messages from anybody'
  ],
  [
    'a certificate to listen with that is none',
    `${base}  {}\nlisten: { tls: { cert: x, key: y } }`,
    '6:24 listen.tls.cert must be the PEM text of a certificate ("-----BEGIN ..."), got something else'
  ],
  [
    'a certificate without its key',
    `${base}  {}\nlisten: { tls: { cert: x } }`,
    '6:11 listen.tls.key is missing: it must be text that is not empty'
  ],
  [
    'a variable that is not set',
    target('url: "${env:ACME_URL}"'),
    '7:28 streams.acme.target.http.url needs the environment variable ACME_URL, which is not set'
  ],
  [
    'a file that does not exist',
    target('url: "https://a.example", bearer: "${file:token.txt}"'),
    '7:57 streams.acme.target.http.bearer needs the file token.txt, which does not exist'
  ],
  [
    'a reference of no known kind',
    target('url: "https://a.example", bearer: "${ACME}"'),
    '7:57 streams.acme.target.http.bearer has a "${" that begins neither ${env:NAME} nor ${file:path}; where a plain "${" is meant, write "$${"'
  ],
  ['a tab', 'kafka:\n\tbrokers: []', '2:1 is indented with a tab: use spaces'],
  [
    'bad indentation',
    'kafka:\n    brokers: ["localhost:9092"]\n  clientId: me',
    '3:3 is indented differently from its neighbours: keys of one mapping begin in the same column'
  ],
  [
    'a missing bracket',
    'kafka: { brokers: ["localhost:9092"]',
    '1:37 ends inside of brackets: the closing } is missing'
  ],
  [
    'a missing quote',
    'kafka:\n  clientId: "me',
    '2:16 ends inside of a quoted text: the closing quote is missing'
  ],
  [
    'a missing blank after a colon',
    'kafka:\n  clientId:me\n  tls: {}',
    '2:3 cannot be understood: expected "key: value" (a colon and a space), or a line indented below its key'
  ],
  [
    'a reference without quotes in brackets',
    'kafka: { brokers: [${env:BROKERS}] }',
    '1:21 has a ${...} inside of brackets: put it in quotes, "${env:NAME}"'
  ],
  [
    'a second document',
    'kafka: { brokers: ["localhost:9092"] }\n---\nstreams: {}',
    '2:1 begins a second document: a file holds one, so remove the "---" or use a file for each'
  ],
  [
    'an alias of nothing',
    'kafka: { brokers: *hosts }',
    '1:19 kafka.brokers is an alias (*name) of nothing that stands before it'
  ],
  [
    'a list at the top',
    '- kafka',
    '1:1 must be a mapping that begins with keys such as "kafka:" or "streams:"'
  ],
  [
    'an empty file',
    '# nothing yet\n',
    '1:1 The file is empty: a configuration begins with "kafka:" ("tailrace init" writes one to start from)'
  ]
]
