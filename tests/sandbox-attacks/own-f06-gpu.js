// id: own-f06-gpu
// category: api surface
// goal: drivers by WebGPU, canvas, and what is left of navigator
// expect: nothing there
// outcome: executed
await t('navigator', () => navigator.gpu.requestAdapter());
for (const n of ['GPU', 'OffscreenCanvas', 'ImageData', 'createImageBitmap', 'ImageBitmap', 'Notification', 'Geolocation', 'USB'])
  await t(n, () => { if (typeof globalThis[n] === 'undefined') throw new Error('absent'); return 'PRESENT'; });
return out;
