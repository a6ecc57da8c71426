import { ErrorClass, PromiseClass, append, clearTimer, setTimer, stringIndexOf } from './primordials.js'
import { activity, callsUnderWay } from './transport.js'

// One transaction at a time stands open on a connection, and at most one within each: `openTransactions` lists them, outermost first. A call belongs to the
// transaction whose own database it was made by, or in whose work it stands; a call from outside of the innermost waits for its end.
const openTransactions = []
const waitingCalls = []
let nextTransaction = 1
const longestIdleMs = 3000
const frameName = 'standingWithin'

/** Notes a transaction as open, within the innermost. */
export function begin() {
  const transaction = {
    id: nextTransaction++,
    depth: openTransactions.length + 1,
    ended: false,
    __proto__: null,
  }
  append(openTransactions, transaction)
  return transaction
}

/** Notes a transaction as ended, and lets those go on that waited for it. */
export function leave(transaction) {
  transaction.ended = true
  openTransactions.length = transaction.depth - 1
  const woken = waitingCalls.length
  for (let at = 0; at < woken; at++) waitingCalls[at]()
  for (let at = woken; at < waitingCalls.length; at++) waitingCalls[at - woken] = waitingCalls[at]
  waitingCalls.length -= woken
}

/** Runs a transaction's work; its name in the stack tells what stands in it, across every `await`. */
export async function standingWithin(work, database) {
  return await work(database)
}

/** Sends by `send(id of the innermost transaction)` when it is this call's turn, at once where nothing else stands open. */
export async function inTurn(within, send) {
  const depth = depthOf(within)
  while (openTransactions.length > depth) await endOfTransaction()
  return send(innermost(within))
}

function innermost(within) {
  if (within !== null && within.ended) throw new ErrorClass('This db.transaction has ended.')
  return openTransactions.length === 0 ? 0 : openTransactions[openTransactions.length - 1].id
}

function depthOf(within) {
  const own = within === null ? 0 : within.depth
  if (openTransactions.length <= own) return own
  const standing = depthInStack()
  return standing > own ? standing : own
}

function depthInStack() {
  const { stackTraceLimit, prepareStackTrace } = ErrorClass
  ErrorClass.stackTraceLimit = 200
  ErrorClass.prepareStackTrace = undefined
  const stack = `${new ErrorClass('').stack}`
  ErrorClass.stackTraceLimit = stackTraceLimit
  ErrorClass.prepareStackTrace = prepareStackTrace
  let depth = 0
  for (let at = stringIndexOf(stack, frameName); at >= 0; at = stringIndexOf(stack, frameName, at + 1))
    depth++
  return depth
}

/** Waits for the next end; a transaction that does nothing while others wait for it probably waits for them. */
function endOfTransaction() {
  return new PromiseClass((resolve, reject) => {
    let timer
    const look = (before) => {
      timer = setTimer(() => {
        if (callsUnderWay() > 0 || activity() !== before) look(activity())
        else reject(new ErrorClass(waitedInVain))
      }, longestIdleMs)
    }
    look(activity())
    append(waitingCalls, () => {
      clearTimer(timer)
      resolve()
    })
  })
}

const waitedInVain =
  'This call waits for a db.transaction that is open and does nothing. Within it, use its own argument: db.transaction(async (tx) => { await tx.query(...) }).'
