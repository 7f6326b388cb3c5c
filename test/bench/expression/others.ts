// What else runs in the process of a service: expressions of other streams, which share their closures with the one that
// is measured, so that the engine of JavaScript cannot fit these to it alone.

export const others: readonly string[] = [
  'position.speed > 80 && ident == "86*"',
  'position.satellites >= 4 && position.altitude < 3000',
  'exists("din") && din & 1',
  '$battery.voltage < 3.7 || $external.powersource.voltage < 11.5',
  'position.direction >= 90 && position.direction <= 270 && position.speed > 5',
  '!exists("position.hdop") || position.hdop < 2',
  'distance(position.latitude, position.longitude, 53.2, 48.5) < 20000',
  'lower(ident) ~ "*7" && protocol.id == 1',
  'if(position.valid, position.speed * 0.62137, 0) > 30',
  'round(battery.voltage, 1) != 3.8 && server.timestamp - timestamp < 60'
]
