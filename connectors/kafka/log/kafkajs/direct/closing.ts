// A kafkajs cluster forgets its brokers when it is disconnected. A call that is under way has one of them in hand already,
// connects it, and nobody closes that connection ever: it would keep the process alive. So nothing of a cluster connects
// any more once it was disconnected, which for all of ours is final. All of it is kafkajs 2.2.4 from the inside.

import { FaultError } from '../../../../../schemas/errors.ts'

interface ConnectionPool {
  /** Connects where that is needed. */
  getConnection(index?: number): Promise<unknown>
}

interface ClusterInside {
  disconnect(): Promise<void>
  /** Makes the connections of all brokers. */
  readonly connectionPoolBuilder: { build(destination?: object): Promise<ConnectionPool> }
}

/** Named as kafkajs' own are: it comes out as a Kafka that cannot be reached, and kafkajs does not repeat what met it. */
class ClientClosed extends Error {
  override readonly name = 'KafkaJSClientClosed'
  readonly retriable = false

  constructor() {
    super('the client is closed')
  }
}

/** Must be called before the cluster connects. Throws `internal` under another kafkajs. */
export function installClosing(cluster: object): void {
  const inside = cluster as ClusterInside // checked right below
  const { connectionPoolBuilder: builder } = inside
  if (typeof builder?.build !== 'function' || typeof inside.disconnect !== 'function')
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  let isOver = false
  const build = builder.build.bind(builder)
  builder.build = async destination => {
    const pool = await build(destination)
    const getConnection = pool.getConnection.bind(pool)
    pool.getConnection = async index => {
      if (isOver) throw new ClientClosed()
      return getConnection(index)
    }
    return pool
  }
  const disconnect = inside.disconnect.bind(cluster)
  inside.disconnect = () => {
    isOver = true
    return disconnect()
  }
}
