// id: mem-05-workers-heap
// category: memory
// goal: one isolate per worker: each gets its own heap limit, so N workers multiply the cap
// expect: capped
const src = 'data:text/javascript,' + encodeURIComponent('const k=[];setInterval(()=>{for(let i=0;i<20000;i++)k.push({i,a:[i,i,i,i]});postMessage(k.length)},1)');
const ws = []; let live = 0, err = 0; for (let i = 0; i < 16; i++) { try { const w = new Worker(src, { type: 'module' }); w.onerror = (e) => { e.preventDefault(); err++; }; w.onmessage = () => { live++; }; ws.push(w); } catch (e) { return 'worker ' + i + ': ' + e.message; } }
await new Promise((r) => setTimeout(r, 3000)); return 'workers alive, messages ' + live + ' errors ' + err;
