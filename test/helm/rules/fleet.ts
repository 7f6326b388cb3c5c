// What Prometheus sees of a stream over an hour in which its processes come and go: one value a minute of every metric that
// alerts look at, for each process as long as it lives. Written for promtool, which plays the rules on it.

import { alertGroups } from '../../../schemas/alerts/alerts.ts'

/** How long everything lasts. */
const minutes = 120

export interface Pod {
  readonly name: string
  /** Minutes: from the first scrape to the last, in which it drains. */
  readonly from: number
  readonly to: number
}

export interface Scene {
  readonly pods: readonly Pod[]
  /** From one minute to the other its target takes nothing. */
  readonly down?: { readonly from: number; readonly to: number; readonly as: 'waiting' | 'halted' }
}

const partitions = 12
const perMinute = 1_200
const retention = 86_400

/** A file for `promtool test rules`: no alert fires in any minute, or only those that are expected then. */
export function caseOf(scene: Scene, firing: readonly string[] = []) {
  const names = Object.values(alertGroups).flatMap(group => Object.keys(group))
  const everyMinute = Array.from({ length: minutes }, (_, minute) => minute)
  const silent = names.filter(name => !firing.includes(name))
  return {
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: scene.pods.flatMap(pod => seriesOf(pod, scene)),
        alert_rule_test: silent.flatMap(alertname =>
          everyMinute.map(minute => ({ eval_time: `${minute}m`, alertname }))
        )
      }
    ]
  }
}

/** What a process would show in a minute of the scene, `age` minutes after it came. */
type At = (minute: number, age: number) => number
type Values = Readonly<Record<string, At>>

/** What is so in a minute, for one of the processes. */
interface Minutes {
  readonly pod: Pod
  /** Minutes for which the target has been away; 0: it takes messages. */
  behind(minute: number): number
  /** It has no partitions yet, or none any more. */
  opens(minute: number): boolean
  /** Of all partitions. */
  share(minute: number): number
}

function seriesOf(pod: Pod, { pods, down }: Scene) {
  const isDown = (minute: number) => down !== undefined && minute >= down.from && minute < down.to
  const at: Minutes = {
    pod,
    behind: minute => (isDown(minute) ? minute - (down?.from ?? 0) + 1 : 0),
    opens: minute => minute === pod.from || minute === pod.to - 1,
    share: minute => 1 / pods.filter(({ from, to }) => minute >= from && minute < to).length
  }
  const all = { ...processValues(at), ...streamValues(at), ...(down && stateValues(at, down.as)) }
  return Object.entries(all).map(([name, value]) => line(pod, name, value))
}

const flag = (value: boolean) => (value ? 1 : 0)

function processValues({ pod, behind, opens }: Minutes): Values {
  return {
    up: () => 1,
    tailrace_build_info: () => 1,
    tailrace_process_start_time_seconds: () => pod.from * 60,
    tailrace_config_last_reload_successful: () => 1,
    tailrace_clock_skew_seconds: minute => (minute % 3) - 1,
    tailrace_memory_budget_bytes: () => 256e6,
    tailrace_memory_needed_bytes: () => 134e6,
    'tailrace_memory_used_bytes{part="streams"}': minute => (behind(minute) > 0 ? 60e6 : 2e6),
    'tailrace_service_phase{phase="connecting"}': minute => flag(minute === pod.from),
    'tailrace_service_phase{phase="running"}': minute => flag(!opens(minute)),
    'tailrace_channel_requests_refused_total{channel="fleet",code="kafka_unavailable"}': () => 0,
    'tailrace_channel_append_waiting_seconds{channel="fleet"}': () => 0.05,
    'tailrace_append_requests_total{result="ok"}': (_, age) => age * 60,
    'tailrace_append_requests_total{result="failed"}': () => 0
  }
}

function streamValues({ pod, behind, opens, share }: Minutes): Values {
  return {
    'tailrace_stream_partitions{stream="acme"}': minute => (opens(minute) ? 0 : partitions * share(minute)),
    'tailrace_stream_state{stream="acme",state="starting"}': minute => flag(minute === pod.from),
    'tailrace_stream_state{stream="acme",state="running"}': minute =>
      flag(!opens(minute) && behind(minute) === 0),
    'tailrace_stream_lag_messages{stream="acme"}': minute =>
      (behind(minute) * perMinute + 20) * share(minute),
    'tailrace_stream_oldest_age_seconds{stream="acme"}': minute => behind(minute) * 60,
    'tailrace_stream_oldest_unheld_age_seconds{stream="acme"}': minute => behind(minute) * 60,
    'tailrace_stream_age_objective_seconds{stream="acme"}': () => 900,
    'tailrace_stream_time_to_loss_seconds{stream="acme"}': minute =>
      opens(minute) ? Number.POSITIVE_INFINITY : retention - behind(minute) * 60,
    'tailrace_stream_messages_held{stream="acme"}': () => 0,
    'tailrace_stream_devices_waiting{stream="acme"}': () => 0,
    'tailrace_stream_imbalances_total{stream="acme"}': () => 0,
    'tailrace_stream_key_moves_total{stream="acme"}': () => 0,
    'tailrace_stream_messages_ended_total{stream="acme",end="delivered"}': (minute, age) =>
      behind(minute) > 0 ? age : age * perMinute,
    'tailrace_stream_messages_ended_total{stream="acme",end="returned"}': minute =>
      flag(minute === pod.to - 1) * 50
  }
}

/** The reason is told only while there is one. */
function stateValues({ behind }: Minutes, state: 'waiting' | 'halted'): Values {
  const code = state === 'halted' ? 'http_unauthorized' : 'http_connect_failed'
  return {
    [`tailrace_stream_state{stream="acme",state="${state}"}`]: minute => flag(behind(minute) > 0),
    [`tailrace_stream_trouble{stream="acme",state="${state}",code="${code}"}`]: minute =>
      behind(minute) > 0 ? 1 : Number.NaN
  }
}

/** NaN is a minute in which the series is not there. */
function line(pod: Pod, name: string, at: At) {
  const own = `namespace="prod",job="tailrace",pod="${pod.name}",instance="${pod.name}:9090"`
  const series = name.endsWith('}') ? `${name.slice(0, -1)},${own}}` : `${name}{${own}}`
  const values = Array.from({ length: minutes }, (_, minute) => {
    if (minute < pod.from) return '_'
    if (minute >= pod.to) return minute === pod.to ? 'stale' : '_'
    const value = at(minute, minute - pod.from)
    if (Number.isNaN(value)) return 'stale'
    return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value)
  })
  return { series, values: values.join(' ') }
}
