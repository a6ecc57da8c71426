// id: proc-11c-desktop-ops
// category: internals
// goal: op_desktop_* ops and BrowserWindow/Tray/Notification classes left in core.ops
// expect: refused or panic of the child only; nothing written or shown
const ops = D[D.internal].core.ops;
console.log('start');
for (const n of ['op_desktop_read_clipboard_text', 'op_desktop_query_notification_permission', 'op_desktop_init', 'op_desktop_recv_event', 'op_desktop_confirm_update']) { console.log('try ' + n); await t(n, () => to(Promise.resolve(ops[n]()), 300)); }
return out;
