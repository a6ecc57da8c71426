// id: fs-10-sqlite
// category: filesystem
// goal: node:sqlite to open, ATTACH, VACUUM INTO, load extensions, backup
// expect: only :memory:; every path refused
const s = await node('sqlite');
const F = DIR + '/drop/';
let mdb; await t("memory", () => { mdb = new s.DatabaseSync(':memory:'); return 'opened'; });
await t('open file', () => { const x = new s.DatabaseSync(F + 'q1.db'); x.exec('create table t(a)'); return 'created'; });
await t('open uri', () => { const x = new s.DatabaseSync('file:' + F + 'q2.db?mode=rwc'); x.exec('create table t(a)'); return 'created'; });
await t('open existing', () => { const x = new s.DatabaseSync(DIR + '/secret/canary.db', { readOnly: true }); return JSON.stringify(x.prepare('select * from t').all()); });
await t('attach', () => { mdb.exec("attach database '" + F + "q3.db' as d; create table d.t(a)"); return 'attached'; });
await t('attach uri', () => { mdb.exec("attach database 'file:" + F + "q4.db?mode=rwc' as e; create table e.t(a)"); return 'attached'; });
await t('vacuum into', () => { mdb.exec("create table z(a); insert into z values(1); vacuum into '" + F + "q5.db'"); return 'written'; });
await t('temp_store_directory', () => { mdb.exec("pragma temp_store_directory='" + F + "'"); return 'set'; });
await t('loadExtension', () => { const x = new s.DatabaseSync(':memory:', { allowExtension: true }); x.loadExtension('/usr/lib/x86_64-linux-gnu/libm.so.6'); return 'loaded'; });
await t('load_extension()', () => JSON.stringify(mdb.prepare("select load_extension('/usr/lib/x86_64-linux-gnu/libm.so.6')").all()));
await t('readfile()', () => JSON.stringify(mdb.prepare("select readfile('" + DIR + "/secret/canary.txt') as r").all()));
await t('writefile()', () => JSON.stringify(mdb.prepare("select writefile('" + F + "q6','x') as r").all()));
await t('fts/csv vtable', () => { mdb.exec("create virtual table temp.c using csv(filename='" + DIR + "/secret/canary.txt')"); return 'vtab'; });
await t('dbstat/zipfile', () => { mdb.exec("create virtual table temp.zz using zipfile('" + DIR + "/secret/canary.txt')"); return 'vtab'; });
await t('backup', async () => { await s.backup(mdb, F + 'q7.db'); return 'written'; });
await t('writable_schema', () => { mdb.exec('pragma writable_schema=1'); return 'set'; });
await t('deserialize', () => typeof mdb.deserialize);
return out;
