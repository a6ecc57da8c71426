// id: own-p08-late-getter
// category: serialization
// goal: an object that changes while it is written
// expect: one frame
// outcome: any
let n = 0; return new Proxy([], { get(_, k) { if (k === 'length') return n++ < 3 ? 1e9 : 2; return k === '0' ? { get a() { n += 1; return n; } } : undefined; } , getPrototypeOf() { return Array.prototype; } });
