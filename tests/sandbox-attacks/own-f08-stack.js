// id: own-f08-stack
// category: info leak
// goal: paths and secrets in stacks, prepareStackTrace and call sites
// expect: no secret
// outcome: executed
Error.prepareStackTrace = (e, sites) => sites.map((s) => [s.getFileName(), s.getFunctionName(), s.getEvalOrigin && s.getEvalOrigin(), typeof s.getThis(), typeof s.getFunction()].join('|')).join(';');
await t('sites', () => new Error('x').stack);
Error.stackTraceLimit = Infinity;
await t('deep', () => { const f = (n) => n ? f(n - 1) : new Error('x').stack; return f(50).length; });
await t('db error', () => db.query(null));
await t('call sites of db', async () => { let got; const o = { toString() { got = new Error('y').stack; return 'select 1'; } }; try { await db.query(o); } catch (e) { return String(got) + e.stack; } });
return out;
