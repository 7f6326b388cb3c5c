// Signs requests with AWS Signature Version 4, by the library aws4.

import aws4 from 'aws4'
import type { HttpTargetConfig } from '../target-config.ts'

export interface RequestToSign {
  readonly method: string
  readonly host: string
  readonly path: string
  /** Empty for none. */
  readonly contentType: string
  readonly body: Buffer
}

export class AwsSigner {
  readonly #config: NonNullable<HttpTargetConfig['awsSignature']>

  constructor(config: NonNullable<HttpTargetConfig['awsSignature']>) {
    this.#config = config
  }

  /** Name, value, name, value, ... `nowMs` is the time of this attempt. */
  headers({ method, host, path, contentType, body }: RequestToSign, nowMs: number): string[] {
    const { service, region, accessKeyId, secretAccessKey, sessionToken } = this.#config
    const stamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
    const given = { 'X-Amz-Date': stamp, ...(contentType !== '' && { 'Content-Type': contentType }) }
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
    const content = body.length > 0 && { body } // an empty one would get a content type
    const signed = aws4.sign({ service, region, method, host, path, headers: given, ...content }, credentials)
    const added = ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256']
    return Object.entries(signed.headers ?? {})
      .filter(([name]) => added.includes(name.toLowerCase()))
      .flatMap(([name, value]) => [name.toLowerCase(), String(value)])
  }
}
