// The shape of the chart's values: what is said once for the release, what may differ by pool (pool.ts), and the
// configuration of Tailrace as it is everywhere else. values.yaml explains the keys to people; the short texts here are what
// editors show.

import { Type } from 'typebox'
import { plainSchema, type Schema } from '../../json-schema.ts'
import { editorSchema } from '../editor-schema.ts'
import { goDialect, type Json } from './dialect.ts'
import { closed, flag, kubernetes, kubernetesList, labels, name, text, whole } from './fields.ts'
import { poolFields } from './pool.ts'
import { referencedSecrets } from './secrets.ts'

const mounted = (key: 'configMapName' | 'secretName', what: string) =>
  Type.Array(
    Type.Object(
      {
        [key]: Type.String({ description: `The ${what} in the namespace of the release.`, minLength: 1 }),
        name: Type.Optional(name('The folder it is mounted as; default: its own name.')),
        optional: Type.Optional(Type.Boolean({ description: 'Pods start although it is not there.' }))
      },
      // The key is computed, so TypeBox takes it for optional.
      { additionalProperties: false, required: [key] }
    ),
    { description: `Each ${what} whose keys are mounted as files.` }
  )

const monitor = closed(
  {
    enabled: flag('Renders it.'),
    labels,
    interval: text('How often to scrape: 15s.'),
    scrapeTimeout: text('Until a scrape is given up; empty: that of Prometheus.'),
    relabelings: kubernetesList('Further relabelings.'),
    metricRelabelings: kubernetesList('Relabelings of what was scraped.')
  },
  'How the Prometheus Operator scrapes the pods.'
)

const monitoring = closed(
  {
    podMonitor: monitor,
    serviceMonitor: monitor,
    annotations: flag(
      'Adds prometheus.io/scrape, port and path to the pods, for a Prometheus without operator.'
    ),
    rules: closed(
      {
        enabled: flag('Renders the PrometheusRule.'),
        labels,
        disabled: Type.Array(Type.String(), {
          description: 'Names of alerts to leave out.',
          uniqueItems: true
        }),
        selector: Type.String({
          description:
            'Whose series they look at, as matchers of PromQL; a template. Empty: those of all installations.'
        }),
        additionalLabels: labels,
        severities: closed(
          { page: Type.String({ minLength: 1 }), ticket: Type.String({ minLength: 1 }) },
          'What the label severity says.'
        ),
        runbookBaseUrl: Type.String({
          description: 'Where the repository can be read: alerts then have runbook_url in place of runbook.',
          pattern: '^(https?://.+)?$'
        })
      },
      'The alerts.'
    ),
    dashboards: closed({ enabled: flag('Renders them.'), labels, annotations: labels }, 'The dashboards.')
  },
  'What Prometheus and Grafana get.'
)

const addresses = Type.Array(
  Type.String({
    pattern:
      '^([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\]):[1-9][0-9]{0,4}$|^[0-9a-fA-F.:]+/[0-9]{1,3}:[1-9][0-9]{0,4}$'
  }),
  { description: 'host:port or network:port, such as 192.0.2.0/24:443.' }
)

const byName = (description: string) =>
  Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), addresses, {
    description,
    additionalProperties: false
  })

const networkPolicy = closed(
  {
    enabled: flag('Renders a NetworkPolicy for each pool.'),
    from: kubernetesList('Who may send to sources; empty: whoever reaches them.'),
    adminFrom: kubernetesList('Who may scrape the admin port; empty: nobody but the kubelet.'),
    addresses: closed(
      {
        kafka: addresses,
        tracing: addresses,
        streams: byName('By stream, in place of what its target says.'),
        channels: byName('By channel, in place of what its sources say.')
      },
      'Where pods connect, where the configuration does not say it or says it otherwise.'
    ),
    clusterDomain: Type.String({
      minLength: 1,
      description: 'Where names of Services end, other than in .svc: cluster.local.'
    }),
    extraIngress: kubernetesList('Further rules for what comes in.'),
    extraEgress: kubernetesList('Further rules for what goes out.')
  },
  'Allows what the configuration needs, and nothing else.'
)

const service = closed(
  {
    type: Type.Enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    httpPort: Type.Union([whole('The port of HTTP sources; null: listen.http.', 1), Type.Null()]),
    annotations: labels,
    labels,
    externalTrafficPolicy: Type.Enum(['', 'Cluster', 'Local']),
    loadBalancerClass: text('Of a LoadBalancer.'),
    loadBalancerSourceRanges: Type.Array(Type.String())
  },
  'How sources are reached.'
)

const proof = closed(
  {
    enabled: flag('Adds the channel and the stream tailrace-proof, and the test.'),
    tokenSecret: closed(
      { name: text('The Secret.'), key: text('The key in it.') },
      'The token of the channel.'
    ),
    messages: whole('Messages that a test sends.', 1),
    devices: whole('Devices that they are of.', 1),
    partitions: whole('Partitions of the topic.', 1),
    timeoutSeconds: whole('Without anything happening, until the test fails.', 1),
    port: whole('Where the test receives.', 1),
    url: text('Where the test sends; empty: the Service.'),
    env: kubernetesList('Further environment of the test: NODE_EXTRA_CA_CERTS.'),
    resources: kubernetes('Of the test.')
  },
  'What "helm test" needs.'
)

const chart = {
  global: Type.Optional(Type.Object({}, { description: 'Of a chart that has this one as a part.' })),
  nameOverride: text('In place of the name of the chart.'),
  fullnameOverride: text('In place of the names of release and chart.'),
  commonLabels: labels,
  image: closed(
    {
      repository: text('Where the image is, without its tag. None is published.'),
      tag: text('Default: the appVersion of the chart.'),
      digest: Type.String({ pattern: '^(sha256:[0-9a-f]{64})?$', description: 'Wins over the tag.' }),
      pullPolicy: Type.Enum(['Always', 'IfNotPresent', 'Never'])
    },
    'The image.'
  ),
  imagePullSecrets: kubernetesList('Secrets to pull it with.'),
  secrets: mounted('secretName', 'Secret'),
  configMaps: mounted('configMapName', 'ConfigMap'),
  configCheck: closed(
    {
      enabled: flag('Runs "tailrace check" before an installation and an upgrade.'),
      args: Type.Array(Type.String()),
      activeDeadlineSeconds: whole('Until it fails.', 1)
    },
    'Refuses what only Tailrace can tell.'
  ),
  serviceAccount: closed(
    { create: flag('Makes one.'), name: text('Its name.'), annotations: labels },
    'The service account; no token of it is mounted.'
  ),
  service,
  monitoring,
  networkPolicy,
  proof,
  extraObjects: Type.Array(Type.Union([Type.Object({}), Type.String()]), {
    description: 'Further manifests, with templates in them where they are texts.'
  })
}

/** The values schema; `configuration` is the composed one of the whole configuration. */
export function valuesSchema(configuration: Schema): object {
  const { title: _, $schema, ...config } = editorSchema(referencedSecrets(configuration)) as Json // it is plain JSON
  const { properties = {} } = config as { properties?: Json } // of which editorSchema keeps the properties
  const ofPools = poolFields()
  const pool = Type.Object(
    {
      ...Object.fromEntries(Object.entries(ofPools).map(([key, field]) => [key, Type.Optional(field)])),
      streams: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), { description: 'The streams it runs.', uniqueItems: true })
      ),
      sources: Type.Optional(
        Type.Boolean({
          description: 'It runs the sources of the channels; default: the pool "default" does.'
        })
      ),
      memory: Type.Optional(Type.Unsafe<object>(properties.memory as object)) // one of the configuration's parts
    },
    { additionalProperties: false, description: 'What differs from the values at the top.' }
  )
  const pools = Type.Record(Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$' }), pool, {
    description: 'Pools by name; streams that none of them names run in "default".',
    additionalProperties: false
  })
  const own = plainSchema(Type.Object({ ...chart, ...ofPools, pools }, { additionalProperties: false }))
  const all = { ...own.properties, config: { ...config, description: 'As in tailrace.yaml.' } }
  return {
    $schema,
    title: 'Values of the Tailrace chart',
    ...goDialect({ ...own, properties: all, required: ['config'] })
  }
}
