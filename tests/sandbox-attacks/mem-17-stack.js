// id: mem-17-stack
// category: memory
// goal: infinite recursion, deep recursion with huge frames, stackTraceLimit = Infinity
// expect: RangeError or kill
Error.stackTraceLimit = Infinity; let d = 0; const f = () => { d++; f(); }; try { f(); } catch (e) { out.push(['rec', 'OK', e.name + ' ' + d]); }
try { JSON.parse('['.repeat(5e6)); } catch (e) { out.push(['json', 'OK', e.name]); }
try { new Function('return ' + '('.repeat(3e5) + '1' + ')'.repeat(3e5)); } catch (e) { out.push(['parser', 'OK', e.name]); }
try { new RegExp('('.repeat(2e5)); } catch (e) { out.push(['regexp', 'OK', e.name]); }
let o = {}; for (let i = 0; i < 2e5; i++) o = { o }; try { structuredClone(o); } catch (e) { out.push(['clone', 'OK', e.name]); } return out;
