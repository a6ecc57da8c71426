// id: own-p10-watched-writer
// category: protocol
// goal: see and change what the runner writes, by setters on Array.prototype and accessors on Object.prototype
// expect: the runner's own lists and descriptors are out of reach
// outcome: executed
const seen = [];
for (let at = 0; at < 8; at++) {
  Object.defineProperty(Array.prototype, at, { __proto__: null, configurable: true, get: () => undefined, set(value) { seen.push === undefined || (seen[seen.length] = String(value)); } });
}
Object.defineProperty(Object.prototype, 'get', { __proto__: null, configurable: true, value: () => 'FORGED' });
Object.defineProperty(Object.prototype, 'source', { __proto__: null, configurable: true, value: 'FORGED' });
Array.prototype[Symbol.iterator] = function* () { yield 'FORGED'; };
const answer = await db.query('select $1::text as a, $2::text as b', ['x', 'y']);
console.log('a', { b: [1, 2] });
for (let at = 0; at < 8; at++) delete Array.prototype[at];
delete Object.prototype.get;
delete Object.prototype.source;
return { saw: Object.keys(seen).length > 0 ? 'CHANGED' : 'nothing', a: answer.rows[0].a, b: answer.rows[0].b };
