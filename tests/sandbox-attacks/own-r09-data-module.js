// id: own-r09-data-module
// category: internals
// goal: look for what the lockdown removed from within a module of its own
// expect: removed there too
// outcome: executed
const m = await import('data:text/javascript,' + encodeURIComponent('export const seen = [typeof Deno, typeof process, typeof fetch, typeof Worker, typeof WebAssembly, typeof SharedArrayBuffer, typeof navigator, typeof require, typeof Buffer]; export const keys = Object.keys(import.meta)'));
if (m.seen.some((x) => x !== 'undefined')) return 'ESCAPED ' + m.seen; return 'HONEST';
