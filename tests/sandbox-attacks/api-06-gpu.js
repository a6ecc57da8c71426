// id: api-06-gpu
// category: api surface
// goal: WebGPU adapter (driver attack surface)
// expect: no adapter
await t('gpu', async () => { const a = await to(navigator.gpu.requestAdapter(), 1500); return a ? 'ADAPTER ' + JSON.stringify(a.info || {}) : (() => { throw new Error('no adapter'); })(); }); await t('surface', () => typeof D.UnsafeWindowSurface); return out;
