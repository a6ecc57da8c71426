// id: mem-14-canvas
// category: memory
// goal: ImageData / OffscreenCanvas of huge size
// expect: capped
const keep = []; let n = 0; try { for (; n < 40; n++) keep.push(new ImageData(8192, 2400).data.fill(255)); } catch (e) { return 'stopped at ' + n + ': ' + e.message; }
return 'made ' + n;
