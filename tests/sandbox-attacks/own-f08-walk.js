// id: own-f08-walk
// category: info leak
// goal: walk every object that can be reached from db, console, params and the global object
// expect: no credential, no Deno
// outcome: executed
const seen = new Set(), strings = [], odd = [];
const walk = (v, depth) => {
  if ((typeof v !== 'object' && typeof v !== 'function') || v === null || seen.has(v) || depth > 8 || seen.size > 20000) { if (typeof v === 'string' && v.length > 12 && strings.length < 2000) strings.push(v.slice(0, 200)); return; }
  seen.add(v);
  for (const k of Reflect.ownKeys(v)) { if (/^(deno|op_|internal|binding|core)/i.test(String(k))) odd.push(String(k)); let d; try { d = Reflect.getOwnPropertyDescriptor(v, k); } catch { continue; } if (!d) continue; if ('value' in d) walk(d.value, depth + 1); else { walk(d.get, depth + 1); walk(d.set, depth + 1); try { walk(v[k], depth + 1); } catch {} } }
  try { walk(Object.getPrototypeOf(v), depth + 1); } catch {}
};
for (const v of [globalThis, db, console, params, (async () => {}).constructor, import('data:text/javascript,export default 1')]) walk(v, 0);
return { objects: seen.size, odd, strings: strings.filter((s) => /CANARY|password|postgres:|file:/i.test(s)).slice(0, 20) };
