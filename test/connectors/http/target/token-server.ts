// A token server on loopback by the rules of RFC 6749, for one client, whose tokens live as long as the test says.

import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'

export const client = { id: 'fleet & sons', secret: 's:ecret%' }

/** How long each answer takes, so that requests at the same time are seen to be. */
const answerMs = 5

export class TokenServerDouble {
  /** Every request, as it came. */
  readonly asked: { readonly authorization: string | undefined; readonly form: URLSearchParams }[] = []
  /** Requests that were being answered at the same time, at most. */
  most = 0
  lifetimeSeconds: number | undefined = 10
  /** What is answered instead of a token. */
  refusal: { readonly status: number; readonly body: string } | null = null
  #now = 0
  readonly #endsAt = new Map<string, number>()
  readonly #double = new HttpDouble({ clock: systemClock, reply: request => this.#answer(request) })

  async start(): Promise<this> {
    await this.#double.start()
    return this
  }

  stop(): Promise<void> {
    return this.#double.stop()
  }

  get url(): string {
    return `${this.#double.url}/oauth/token?tenant=1`
  }

  /** Is it a token of ours that has not expired? */
  knows(authorization: string | undefined): boolean {
    const endsAt = this.#endsAt.get(authorization?.replace(/^Bearer /, '') ?? '')
    return endsAt !== undefined && endsAt > Date.now()
  }

  /** All tokens are worth nothing from now on. */
  revoke(): void {
    this.#endsAt.clear()
  }

  #answer({ headers, body }: Received): Reply {
    this.most = Math.max(this.most, ++this.#now)
    systemClock.after(answerMs, () => this.#now--)
    this.asked.push({ authorization: headers.authorization, form: new URLSearchParams(body.toString()) })
    const reply = this.refusal ?? { status: 200, body: this.#token() }
    return { kind: 'answer', headers: { 'content-type': 'application/json' }, afterMs: answerMs, ...reply }
  }

  #token(): string {
    const token = `token-${this.asked.length}`
    const seconds = this.lifetimeSeconds
    this.#endsAt.set(token, Date.now() + (seconds ?? 3_600) * 1_000)
    return JSON.stringify({
      access_token: token,
      token_type: 'Bearer',
      ...(seconds !== undefined && { expires_in: seconds })
    })
  }
}
