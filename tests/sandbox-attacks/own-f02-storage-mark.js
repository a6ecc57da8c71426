// id: own-f02-storage-mark
// category: persistence
// goal: leave a mark for the next script in any store, and look for the one of the last run
// expect: nothing survives
// outcome: executed
const MARK = 'XRUN-' + 'MARK-own';
await t('localStorage', () => { const seen = localStorage.getItem('m'); localStorage.setItem('m', MARK); return seen; });
await t('caches', async () => { const c = await caches.open('c'); const seen = await c.match('http://x/m'); await c.put('http://x/m', new Response(MARK)); return seen && (await seen.text()); });
await t('constructor', () => Function('return typeof localStorage + typeof caches + typeof Deno')());
await t('globals of the process', () => { const seen = globalThis.mark; globalThis.mark = MARK; return seen; });
return out;
