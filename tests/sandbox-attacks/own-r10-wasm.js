// id: own-r10-wasm
// category: internals
// goal: WebAssembly by any way left
// expect: none without the JIT
// outcome: executed
await t('global', () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
await t('import', () => import('data:application/wasm;base64,AGFzbQEAAAA='));
return out;
