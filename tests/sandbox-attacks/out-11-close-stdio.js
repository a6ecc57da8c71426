// id: out-11-close-stdio
// category: protocol
// goal: close stdin/stdout/stderr, then keep running
// expect: FAILED: no result frame; killed
const p = globalThis.process; if (D) { try { D.stdin.close(); } catch {} try { D.stdout.close(); } catch {} try { D.stderr.close(); } catch {} } if (p) { try { p.stdout.destroy(); } catch {} try { p.stdin.destroy(); } catch {} } await new Promise((r) => setTimeout(r, 1e6));
