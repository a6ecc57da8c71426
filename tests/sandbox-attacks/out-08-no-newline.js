// id: out-08-no-newline
// category: protocol
// goal: a line that never ends (64 MB without newline)
// expect: line cap, kill
const p = globalThis.process; const b = new Uint8Array(1 << 20).fill(97); for (let i = 0; i < 64; i++) { if (D) D.stdout.writeSync(b); else p.stdout.write(b); } await new Promise((r) => setTimeout(r, 100)); return 'x';
