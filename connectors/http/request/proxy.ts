// The way through a proxy: it is asked for a tunnel (RFC 9110, 9.3.6), and what goes through that is as without one. The
// proxy resolves the names, so the address guard can only check addresses that are written out.

import http from 'node:http'
import https from 'node:https'
import { getProxyForUrl } from 'proxy-from-env'
import { FaultError } from '../../../schemas/errors.ts'
import { bareHost, urlHost } from '../../shared/host.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { basicAuthorization } from '../auth/credentials.ts'

export class HttpProxy {
  readonly #url: URL

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /**
   * The one that is configured, or that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name; null for none. This machine is never
   * reached through those of the environment.
   */
  static for(origin: string, configured: string | undefined): HttpProxy | null {
    if (configured === 'none') return null
    if (configured !== undefined) return new HttpProxy(configured)
    if (isLoopback(bareHost(new URL(origin).hostname))) return null
    const found = getProxyForUrl(origin)
    return found === '' ? null : new HttpProxy(found)
  }

  /** A request for a tunnel: `connect` is emitted with the answer, and `error` when there is none. */
  ask({ host, port }: { readonly host: string; readonly port: number }): http.ClientRequest {
    const { protocol, hostname, port: own, username, password } = this.#url
    const authority = `${urlHost(host)}:${port}`
    const authorization = basicAuthorization(decodeURIComponent(username), decodeURIComponent(password))
    const options = {
      host: bareHost(hostname),
      ...(own !== '' && { port: Number(own) }),
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: {
        host: authority,
        ...(username !== '' && { 'proxy-authorization': authorization })
      }
    }
    return protocol === 'https:' ? https.request(options) : http.request(options)
  }
}

/** What an answer that opens no tunnel means. */
export function proxyRefusal(status: number | undefined): FaultError {
  return new FaultError('http_proxy_refused', { detail: `the proxy answered ${status}` })
}
