import { defer, Observable, retry, throwError, timer } from 'rxjs'
import { CheckpointMoved, PoisonEvent } from './failures.ts'

const firstDelayMs = 100
const longestDelayMs = 5_000

/**
 * Keeps work going: started again with growing pauses (100 ms to 5 s) after a failure, at once when the checkpoint was moved, never
 * after a poison event. Items are made and finished inside the generator, so nothing is buffered here.
 */
export const supervised = <T>(
  work: (signal: AbortSignal) => AsyncGenerator<T>,
  onFailure: (error: unknown, delayMs: number) => void,
): Observable<T> =>
  defer(() => running(work)).pipe(
    retry({
      resetOnSuccess: true,
      delay: (error: unknown, attempt) => {
        if (error instanceof PoisonEvent) return throwError(() => error)
        const delayMs =
          error instanceof CheckpointMoved ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1))
        onFailure(error, delayMs)
        return timer(delayMs)
      },
    }),
  )

/** The generator's items; unsubscribing aborts its signal. */
const running = <T>(work: (signal: AbortSignal) => AsyncGenerator<T>) =>
  new Observable<T>((subscriber) => {
    const abort = new AbortController()
    const run = async () => {
      for await (const item of work(abort.signal)) {
        if (subscriber.closed) return
        subscriber.next(item)
      }
    }
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    )
    return () => abort.abort()
  })
