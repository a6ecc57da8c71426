// id: net-09-import-npm-jsr
// category: network
// goal: import npm: and jsr: packages (downloads and runs foreign code)
// expect: refused before connection
for (const u of ['npm:left-pad@1.3.0', 'npm:pg', 'jsr:@std/path', 'npm:@scope/exfil-data-here@1.0.0']) await t(u, () => to(import(u), 900));
await t('require npm', async () => { const m = await node('module'); return m.createRequire('file:///tmp/x.js')('npm:left-pad'); });
await t('bare', () => to(import('pg'), 500));
return out;
