// id: mem-11-sqlite
// category: memory
// goal: node:sqlite in-memory database as off-heap memory
// expect: capped
const s = await node('sqlite'); const d = new s.DatabaseSync(':memory:'); d.exec('create table t(b)'); let mb = 0;
try { for (; mb < 3000; mb += 32) d.exec('insert into t values(randomblob(33554432))'); } catch (e) { return 'stopped at ' + mb + ' MB: ' + e.message; }
return 'got ' + mb + ' MB';
