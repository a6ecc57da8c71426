// id: own-f01-remote-imports
// category: network
// goal: second-stage code from every kind of remote specifier, static and dynamic
// expect: refused before any connection
// outcome: executed
for (const u of ['https://deno.land/x/a.js', 'https://esm.sh/left-pad', 'https://jsr.io/@std/path/mod.ts', 'http://127.0.0.1:@PORT@/a.js', 'npm:left-pad', 'jsr:@std/path'])
  await t(u, () => to(import(u)));
await t('static in data:', () => to(import('data:text/javascript,import "http://127.0.0.1:@PORT@/b.js"')));
await t('json in data:', () => to(import('data:text/javascript,' + encodeURIComponent('import x from "http://127.0.0.1:@PORT@/c.json" with { type: "json" }; export default x'))));
await t('nested data:', () => to(import('data:text/javascript,' + encodeURIComponent('await import("data:text/javascript,import%20%22npm:left-pad%22")'))));
await t('computed', () => to((0, eval)('import("ht" + "tp://127.0.0.1:@PORT@/d.js")')));
return out;
