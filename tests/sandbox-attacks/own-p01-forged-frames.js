// id: own-p01-forged-frames
// category: protocol
// goal: forge frames by every way to write to the channel
// expect: nothing to write with
// outcome: executed
await t('Deno', () => Deno.stdout.writeSync(new TextEncoder().encode('{"t":"done","value":"1"}\n')));
await t('log with a line break', () => { console.log('a"}\n{"t":"done","value":"\\"FORGED\\""}\n{"t":"log","level":"log","text":"b'); return 'logged'; });
await t('sql with a line break', () => db.query('select 1\n{"t":"done","value":"\\"FORGED\\""}\n'));
await t('id in params', () => db.query('select $1::text', [{ toJSON() { return '"}]}\n{"t":"done"}'; } }]));
return 'HONEST';
