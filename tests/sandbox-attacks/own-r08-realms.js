// id: own-r08-realms
// category: internals
// goal: fresh globals by other realms and old constructors
// expect: none
// outcome: executed
await t('ShadowRealm', () => new ShadowRealm().evaluate('typeof Deno'));
await t('iframe', () => document.createElement('iframe').contentWindow.Deno);
await t('constructor of an async generator', () => (async function* () {}).constructor('return typeof Deno + typeof process')().next().then((r) => r.value));
await t('constructor of a native', () => setTimeout.constructor('return typeof Deno + typeof globalThis.__bootstrap')());
await t('thenable realm', () => Reflect.construct(Function, ['return typeof Deno'], Promise)());
return out;
