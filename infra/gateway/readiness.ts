import { setTimeout as delay } from 'node:timers/promises'
import type { Readiness } from '@sre-portal/platform/http/app'
import type { Upstreams } from './apiProxy.ts'

/** A service says within two seconds whether it is ready, whatever it waits for itself. */
const answerMs = 2_500
/** Anybody may ask here: who asks at the same time shares one answer. */
const sharedMs = 250

/** Whether both services are ready. Which is not is told, why is not: this is said to everybody, and each service says it at its own /readyz. */
export function servicesReadiness(upstreams: Upstreams): () => Promise<Readiness> {
  const services = [
    ['command service', upstreams.commandServiceUrl],
    ['query service', upstreams.queryServiceUrl],
  ] as const
  let shared: Promise<Readiness> | null = null

  const ask = async (): Promise<Readiness> => {
    const found = await Promise.all(services.map(([name, url]) => trouble(name, url)))
    const reasons = found.filter((reason) => reason !== null)
    return { ready: reasons.length === 0, reasons }
  }
  return () => {
    if (shared) return shared
    shared = ask()
    void shared.then(() => delay(sharedMs, undefined, { ref: false })).then(() => (shared = null))
    return shared
  }
}

async function trouble(name: string, url: string): Promise<string | null> {
  try {
    const answer = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(answerMs) })
    await answer.body?.cancel()
    return answer.ok ? null : `The ${name} is not ready.`
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError'
      ? `The ${name} does not answer within ${answerMs / 1000} s.`
      : `The ${name} cannot be reached.`
  }
}
