// id: fs-02-node-read
// category: filesystem
// goal: read the canary file through every node:fs read call
// expect: NotCapable / ERR_ACCESS_DENIED on every call
const P = DIR + '/secret/canary.txt';
const fs = await node('fs');
await t('readFileSync', () => fs.readFileSync(P, 'utf8'));
await t('promises.readFile', () => fs.promises.readFile(P, 'utf8'));
await t('openSync+readSync', () => { const fd = fs.openSync(P, 'r'); const b = new Uint8Array(64); fs.readSync(fd, b); return new TextDecoder().decode(b); });
await t('createReadStream', () => new Promise((res, rej) => fs.createReadStream(P).on('data', (d) => res(String(d))).on('error', rej)));
await t('readdirSync', () => fs.readdirSync(DIR + '/secret').join());
await t('opendirSync', () => fs.opendirSync(DIR + '/secret').readSync().name);
await t('statSync', () => fs.statSync(P).size);
await t('lstatSync', () => fs.lstatSync(P).size);
await t('accessSync', () => { fs.accessSync(P); return 'exists'; });
await t('realpathSync', () => fs.realpathSync(DIR + '/secret/link'));
await t('readlinkSync', () => fs.readlinkSync(DIR + '/secret/link'));
await t('openAsBlob', async () => (await fs.openAsBlob(P)).text());
await t('globSync', () => { const r = fs.globSync(DIR + '/secret/*'); if (!r.length) throw new Error('empty'); return r.join(); });
await t('Buffer path', () => fs.readFileSync(globalThis.Buffer.from(P), 'utf8'));
await t('traversal', () => fs.readFileSync(DIR + '/drop/../secret/canary.txt', 'utf8'));
await t('statfsSync', () => fs.statfsSync('/').blocks);
return out;
