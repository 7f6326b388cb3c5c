// What may differ from pool to pool. The same keys stand at the top of the values, where they count for all pools.

import { Type } from 'typebox'
import { closed, flag, kubernetes, kubernetesList, labels, text, whole } from './fields.ts'

const orNone = (description: string, minimum: number) =>
  Type.Union([Type.Integer({ minimum }), Type.Null()], { description })

const keda = closed(
  {
    trigger: Type.Enum(['usefulReplicas', 'lag'], {
      description: 'What says how many pods there should be.'
    }),
    prometheus: closed(
      {
        serverAddress: text('The address of Prometheus.'),
        selector: text('Further matchers of the query.'),
        authModes: text('As KEDA has them: basic, bearer, tls.')
      },
      'Where useful replicas are asked for.'
    ),
    lag: closed(
      {
        bootstrapServers: text('Brokers; empty: those of the configuration.'),
        threshold: Type.String({ pattern: '^[1-9][0-9]*$', description: 'Messages of lag per pod.' })
      },
      'For the trigger "lag".'
    ),
    authenticationRef: kubernetes('A TriggerAuthentication for either.'),
    pollingInterval: whole('Seconds between two looks.', 1),
    fallback: closed(
      {
        failureThreshold: whole('Looks that fail until it is taken.', 1),
        replicas: orNone('Pods while Prometheus is away; null: replicas.', 1)
      },
      'Where Prometheus does not answer.'
    )
  },
  'For the kind "keda".'
)

const autoscaling = closed(
  {
    kind: Type.Enum(['none', 'hpa', 'keda'], { description: 'Who decides how many pods there are.' }),
    minReplicas: whole('Pods at least.', 1),
    maxReplicas: orNone('Pods at most; null: as many as the largest channel has partitions.', 1),
    targetCPUPercent: orNone('CPU in use, as a share of what is requested; null: not asked.', 1),
    behavior: kubernetes('How quickly to scale, as in a HorizontalPodAutoscaler.'),
    keda
  },
  'How many pods there are.'
)

/** The fields, by name. */
export const poolFields = () => ({
  replicas: whole('Pods where nothing scales them.', 0),
  autoscaling,
  resources: kubernetes('Requests and limits; what memory needs is computed where it is not said.'),
  logLevel: Type.Enum(['debug', 'info', 'warn', 'error']),
  env: kubernetesList('Environment, as a container has it, for ${env:NAME}.'),
  envFrom: kubernetesList('Environment from Secrets and ConfigMaps.'),
  stopMarginSeconds: whole('Added to the time that a stop may take.', 0),
  preStopSeconds: whole('How long a pod that receives goes on before it stops.', 0),
  minReadySeconds: whole('Until the next pod is replaced.', 0),
  podDisruptionBudget: closed(
    { enabled: flag('Renders it where there may be two pods.'), maxUnavailable: whole('Pods.', 1) },
    'How many pods may go at once.'
  ),
  topologySpreadConstraints: Type.Union([Type.Array(Type.Object({})), Type.Null()], {
    description: 'Null: over nodes and zones, as far as possible.'
  }),
  podLabels: labels,
  podAnnotations: labels,
  nodeSelector: labels,
  tolerations: kubernetesList('As in a pod.'),
  affinity: kubernetes('As in a pod.'),
  priorityClassName: text('As in a pod.'),
  podSecurityContext: kubernetes('As in a pod.'),
  securityContext: kubernetes('As in a container.'),
  extraVolumes: kubernetesList('As in a pod.'),
  extraVolumeMounts: kubernetesList('As in a container.')
})
