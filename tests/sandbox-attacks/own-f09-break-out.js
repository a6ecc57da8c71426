// id: own-f09-break-out
// category: protocol
// goal: close the function early, so that text runs as a module of its own
// expect: a syntax error
// outcome: failed
}); await import('file://@CANARY_DIR@/secret/mod.js'); (async () => {
