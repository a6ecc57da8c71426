const DIR = '@CANARY_DIR@';
const out = [];
const D = globalThis.Deno;
const show = (v) => { try { return v === undefined ? 'undefined' : typeof v === 'string' ? v.slice(0, 400) : String(v).slice(0, 400); } catch { return '[unprintable]'; } };
const t = async (name, fn) => { try { out.push([name, 'OK', show(await fn())]); } catch (e) { out.push([name, 'ERR', show(e && e.name) + ': ' + show(e && e.message).slice(0, 160)]); } };
const to = (p, ms = 700) => Promise.race([p, new Promise((_, r) => setTimeout(() => r(new Error('timeout')), ms))]);
const node = async (m) => { try { return await import('node:' + m); } catch (e) { const p = globalThis.process; if (p && p.getBuiltinModule) { const x = p.getBuiltinModule(m); if (x) return x; } throw e; } };
