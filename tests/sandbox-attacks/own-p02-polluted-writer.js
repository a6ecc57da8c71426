// id: own-p02-polluted-writer
// category: serialization
// goal: replace what the runner writes frames with
// expect: captured before, so the frame is whole
// outcome: executed
JSON.stringify = () => 'FORGED'; JSON.parse = () => ({ id: 1, ok: { rows: [['FORGED']], columns: [] } });
String.prototype.slice = () => 'FORGED'; Array.prototype.join = () => 'FORGED'; Map.prototype.get = () => null; Map.prototype.set = () => null;
Object.defineProperty(Object.prototype, 'value', { get() { return 'FORGED'; }, set() {} , configurable: true });
Promise.prototype.then = Promise.prototype.then; Reflect.ownKeys = () => []; Reflect.apply = () => 'FORGED'; globalThis.queueMicrotask = () => {};
TextEncoder.prototype.encode = () => new Uint8Array([70]); Uint8Array.prototype.subarray = () => new Uint8Array(0);
const answer = await db.query('select 1 as one'); return ['HONEST', answer.rows[0]];
