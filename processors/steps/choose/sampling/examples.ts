// The examples on the page of `sample`.

import type { StepExample } from '../../step.ts'

export const sampleExamples: readonly [StepExample, ...StepExample[]] = [
  {
    settings: `sample: { everySeconds: 60, keep: '$event.enum == 7' }`,
    messages: [
      { timestamp: 100 },
      { timestamp: 130 },
      { timestamp: 140, 'event.enum': 7 },
      { timestamp: 170 },
      { timestamp: 200 }
    ],
    results: [
      { timestamp: 100 },
      'filtered',
      { timestamp: 140, 'event.enum': 7 },
      'filtered',
      { timestamp: 200 }
    ]
  },
  {
    settings: `sample:
  everySeconds: 60
  changes: { ignition: ignition }
  standing: { when: 'position.speed < 3', heartbeatSeconds: 300 }
  mark: why`,
    messages: [
      { timestamp: 100, 'position.speed': 50, ignition: true },
      { timestamp: 130, 'position.speed': 50 },
      { timestamp: 140, 'position.speed': 0 },
      { timestamp: 200, 'position.speed': 0 },
      { timestamp: 210, 'position.speed': 0, ignition: false },
      { timestamp: 510, 'position.speed': 0 },
      { timestamp: 520, 'position.speed': 20 },
      { timestamp: 580, 'position.speed': 50 }
    ],
    results: [
      { timestamp: 100, 'position.speed': 50, ignition: true, why: 'first' },
      'filtered',
      { timestamp: 140, 'position.speed': 0, why: 'stop' },
      'filtered',
      { timestamp: 210, 'position.speed': 0, ignition: false, why: 'ignition' },
      { timestamp: 510, 'position.speed': 0, why: 'heartbeat' },
      { timestamp: 520, 'position.speed': 20, why: 'start' },
      { timestamp: 580, 'position.speed': 50, why: 'time' }
    ]
  }
]
