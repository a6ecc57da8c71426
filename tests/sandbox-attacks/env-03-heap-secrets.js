// id: env-03-heap-secrets
// category: environment
// goal: search the process heap/globals for the connection secret (config object, pg client, db handle internals)
// expect: db handle is a stub without credentials
const seen = new Set(); const hits = [];
const walk = (o, path, d) => { if (d > 5 || o === null || (typeof o !== 'object' && typeof o !== 'function') || seen.has(o) || seen.size > 20000) return; seen.add(o);
  let keys = []; try { keys = Reflect.ownKeys(o); } catch {}
  for (const k of keys) { let v; try { v = o[k]; } catch { continue; } if (typeof v === 'string' && v.includes('CANARY')) hits.push(path + '.' + String(k) + '=' + v.slice(0, 80)); else walk(v, path + '.' + String(k), d + 1); }
  try { walk(Object.getPrototypeOf(o), path + '.__proto__', d + 1); } catch {} };
walk(db, 'db', 0); walk(globalThis.process, 'process', 0);
if (db.constructor) hits.push('db.constructor ' + String(db.query || db.constructor).slice(0, 200));
if (db.client && db.client.connectionParameters) hits.push('cp ' + JSON.stringify(db.client.connectionParameters));
try { const c = arguments.callee.caller; hits.push('caller ' + String(c).slice(0, 200)); } catch (e) { hits.push('callee: ' + e.message.slice(0, 60)); }
return hits;
