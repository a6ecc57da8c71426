// id: own-r05-files
// category: persistence
// goal: write any file at all
// expect: nothing to write with
// outcome: executed
for (const code of ['Deno.writeTextFileSync("@CANARY_DIR@/drop/a","x")', 'process.report.writeReport("@CANARY_DIR@/drop/b")', 'new Response("x").blob()', 'navigator.storage.getDirectory()', 'indexedDB.open("x")', 'new WebSocketStream("ws://127.0.0.1:@PORT@")'])
  await t(code, () => to((0, eval)('(async () => ' + code + ')()')));
return out;
