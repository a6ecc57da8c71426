// id: api-03-kv
// category: persistence
// goal: Deno.openKv default database, node:sqlite file, IndexedDB, sessionStorage
// expect: absent or not shared
await t('openKv', async () => { const k = await D.openKv(); const r = await k.get(['m']); await k.set(['m'], 'XRUN-' + 'MARK-kv'); return 'prev ' + r.value; });
await t('openKv memory', async () => { const k = await D.openKv(':memory:'); await k.set(['m'], 1); return 'mem'; });
await t('indexedDB', () => typeof indexedDB); await t('session', () => { const v = sessionStorage.getItem('m'); sessionStorage.setItem('m', 'XRUN-' + 'MARK-session'); return 'prev ' + v; }); return out;
