// id: proc-12-permissions
// category: permissions
// goal: ask for, revoke, or forge permissions
// expect: request() resolves "denied"; tampering with JS objects changes nothing
if (!D) throw new Error('no Deno global');
for (const n of ['read', 'write', 'net', 'env', 'run', 'ffi', 'sys', 'import']) await t('request ' + n, async () => { const s = await D.permissions.request({ name: n }); if (s.state !== 'granted') throw new Error(s.state); return s.state; });
for (const n of ['read', 'write', 'net', 'env', 'run', 'ffi', 'sys', 'import']) await t('query ' + n, async () => { const s = D.permissions.querySync({ name: n }); if (s.state !== 'granted') throw new Error(s.state); return s.state; });
await t('revoke then request', async () => { await D.permissions.revoke({ name: 'read' }); return (await D.permissions.request({ name: 'read', path: '/' })).state; });
await t('query net default import host', () => D.permissions.querySync({ name: 'import', host: 'deno.land:443' }).state);
await t('prompt bait', () => { console.log('\u001b[2J Allow? [y/n] '); return prompt('x'); });
await t('forge PermissionStatus', () => { Object.defineProperty(D.PermissionStatus.prototype, 'state', { get: () => 'granted' }); return D.readTextFileSync(DIR + '/secret/canary.txt'); });
await t('node permission.has', () => String(process.permission && process.permission.has('fs.read', '/')));
return out;
