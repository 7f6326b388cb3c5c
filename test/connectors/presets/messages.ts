// Two messages as trackers send them: one with a position, and one of another device without.

export const truck = {
  ident: '868647414815077',
  timestamp: 1681282189.5,
  'position.latitude': 52.520008,
  'position.longitude': 13.404954,
  'position.altitude': 34,
  'position.speed': 74.08,
  'position.direction': 0.2,
  'position.satellites': 11,
  'position.hdop': 0.8,
  'position.valid': true,
  'engine.ignition.status': true,
  'external.powersource.voltage': 13.9,
  din: 3
}

export const van = { ident: '352093081429150', timestamp: 1681282190, 'battery.level': 92.6 }

/** As Unix ms. */
export const truckMs = 1_681_282_189_500
export const vanMs = 1_681_282_190_000

/** So many messages of about a kilobyte, of devices that take turns. */
export function manyOf(count: number, devices: number) {
  const rest = { ...truck, 'custom.note': 'x'.repeat(700) }
  return Array.from({ length: count }, (_, at) => ({ ...rest, ident: `d${at % devices}`, at }))
}
