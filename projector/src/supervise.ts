import { defer, Observable, retry, throwError, timer } from 'rxjs'
import { CheckpointMoved, PoisonEvent } from './failures.ts'

const firstDelayMs = 100
const longestDelayMs = 5_000

/**
 * Keeps work going: started again with growing pauses (100 ms to 5 s) after a failure, at once when the checkpoint was moved, never
 * after a poison event. Pauses are short again only after an item that `isProgress` says is one: that a start succeeds proves nothing.
 * Items are made and finished inside the generator, so nothing is buffered here.
 */
export const supervised = <T>(
  work: (signal: AbortSignal) => AsyncGenerator<T>,
  isProgress: (item: T) => boolean,
  onFailure: (error: unknown, delayMs: number) => void,
): Observable<T> =>
  defer(() => {
    let failures = 0
    const progressing = running(work, (item) => {
      if (isProgress(item)) failures = 0
    })
    return progressing.pipe(
      retry({
        delay: (error: unknown) => {
          if (error instanceof PoisonEvent) return throwError(() => error)
          const moved = error instanceof CheckpointMoved
          const delayMs = moved ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** failures)
          if (!moved) failures++
          onFailure(error, delayMs)
          return timer(delayMs)
        },
      }),
    )
  })

/** The generator's items; unsubscribing aborts its signal. */
const running = <T>(work: (signal: AbortSignal) => AsyncGenerator<T>, note: (item: T) => void) =>
  new Observable<T>((subscriber) => {
    const abort = new AbortController()
    const run = async () => {
      for await (const item of work(abort.signal)) {
        if (subscriber.closed) return
        note(item)
        subscriber.next(item)
      }
    }
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    )
    return () => abort.abort()
  })
