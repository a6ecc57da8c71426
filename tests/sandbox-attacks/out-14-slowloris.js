// id: out-14-slowloris
// category: protocol
// goal: half a frame, then silence
// expect: killed at the wall clock
const p = globalThis.process; const raw = new TextEncoder().encode('{"t":"done","ok":tr'); if (D) D.stdout.writeSync(raw); else p.stdout.write(raw); await new Promise((r) => setTimeout(r, 1e6));
