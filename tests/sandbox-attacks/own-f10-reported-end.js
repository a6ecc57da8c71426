// id: own-f10-reported-end
// category: internals
// goal: end the process by events that the runtime handles itself
// expect: not a success
// outcome: failed
for (const n of ['unload', 'beforeunload', 'load', 'error', 'unhandledrejection']) { const k = Object.getOwnPropertySymbols(globalThis); try { globalThis.dispatchEvent({ type: n }); } catch {} }
const e = Reflect.construct(Object, []); try { globalThis.dispatchEvent(e); } catch {}
Promise.reject(new Error('unheard')); await new Promise(() => {});
