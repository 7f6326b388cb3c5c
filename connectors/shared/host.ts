// Hosts as they stand in a url, and as a connection wants them.

/** Without the brackets that an IPv6 address has in a url. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** With the brackets that an IPv6 address needs beside a port. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
