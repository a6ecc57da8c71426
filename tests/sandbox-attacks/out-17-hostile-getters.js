// id: out-17-hostile-getters
// category: serialization
// goal: throwing getters, Proxy traps, throwing toJSON, toString bombs, length lies
// expect: marked, run still completes
const px = new Proxy({}, { ownKeys() { throw new Error('trap'); }, get() { throw new Error('trap'); }, getPrototypeOf() { throw new Error('trap'); } });
return { get a() { throw new Error('getter'); }, px, j: { toJSON() { throw null; } }, arr: Object.assign([], { length: 4294967295 }), lenlie: new Proxy([], { get: (t, k) => (k === 'length' ? 1e9 : t[k]) }), rev: Proxy.revocable({}, {}).proxy, revoked: (() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy; })(), endless: { toJSON() { return { toJSON: this.toJSON, x: this }; } } };
