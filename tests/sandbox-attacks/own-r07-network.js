// id: own-r07-network
// category: network
// goal: every API that can connect or listen
// expect: nothing to connect with
// outcome: executed
for (const code of ['fetch("http://127.0.0.1:@PORT@/")', 'new WebSocket("ws://127.0.0.1:@PORT@")', 'new EventSource("http://127.0.0.1:@PORT@")', 'Deno.connect({ port: @PORT@ })', 'Deno.listen({ port: 0 })', 'Deno.serve(() => {})', 'new XMLHttpRequest()', 'new WebTransport("https://127.0.0.1:@PORT@")', 'navigator.sendBeacon("http://127.0.0.1:@PORT@/")'])
  await t(code, () => to((0, eval)(code)));
return out;
