// id: fs-13-sourceurl
// category: filesystem
// goal: make the runtime print a source line of a foreign file: sourceURL / sourceMappingURL pragmas plus uncaught errors
// expect: canary line never printed in stderr or stack
const P = 'file://' + DIR + '/secret/canary.txt';
const AF = (async () => {}).constructor;
await t('sourceURL', async () => { try { await new AF('throw new Error("boom")\n//# sourceURL=' + P)(); } catch (e) { return e.stack; } });
await t('sourceMappingURL file', async () => { try { await new AF('throw new Error("boom")\n//# sourceMappingURL=' + P)(); } catch (e) { return e.stack; } });
const map = { version: 3, sources: [P], names: [], mappings: 'AAAA' };
await t('inline map to file', async () => { try { await (await import('data:text/javascript,' + encodeURIComponent('export default function f(){ throw new Error("boom") }\n//# sourceMappingURL=data:application/json,' + encodeURIComponent(JSON.stringify(map))))).default(); } catch (e) { return e.stack; } });
setTimeout(() => { (0, eval)('throw new Error("uncaught")\n//# sourceURL=' + P); }, 5);
await new Promise((r) => setTimeout(r, 100));
return out;
