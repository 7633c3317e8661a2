import { createServer } from 'node:net';
import { directSocketOf } from '../src/proxy/direct-socket.ts';
import { Http1Server } from '../src/proxy/http1-server.ts';
import { OpenExchanges } from '../src/proxy/open-exchanges.ts';
import { openThreadWheel } from '../src/proxy/thread-wheel.ts';
import { UpstreamTarget } from '../src/proxy/upstream-target.ts';
import { UpstreamCall } from '../src/proxy/upstream-call.ts';
import { fieldSection, requestLine, HEAD_END } from '../src/lib/http1/serialize.ts';
import { parseIp } from '../src/lib/ip/address.ts';
const wheel = openThreadWheel();
const limits = { headerBytes: 16384, headerCount: 100, targetBytes: 8192, headerTimeoutMs: 10000, bodyIdleMs: 10000, bodyMinBytesPerS: 240, keepAliveMs: 65000, connectionsPerAddress: 1e6, maxConnections: 1e6 };
const target = new UpstreamTarget('http://127.0.0.1:9301', { name: 'a', targets: [], balance: 'roundRobin', connections: 128, keepAliveMs: 60000, connectMs: 3000, tls: null, passive: { failures: 5, ejectMs: 1 } }, wheel);
const events = { onExchange(ex: any) {
  let call: any;
  ex.owner = { onDrain() { call.resume(); }, onClose() {} };
  call = new UpstreamCall(target, { method: ex.method, head: requestLine(ex.method, ex.rawTarget) + fieldSection(ex.fields) + HEAD_END, body: null, isChunked: false, firstByteMs: 30000, idleMs: 60000, upgrade: '' }, {
    onHead(s: number, l: any) { ex.writeHead(s, l); }, onData(b: any) { if (!ex.write(b)) call.pause(); }, onPause() { ex.flush(); }, onEnd() { ex.end(); }, onUpgrade() {}, onFailure(e: unknown) { console.log(e); ex.abort(); } });
  call.start();
}, onUnreadable() { throw new Error('x'); } };
const server = new Http1Server(limits as never, events as never, new OpenExchanges(), wheel);
createServer({ allowHalfOpen: true, noDelay: true }, (s) => server.serve(directSocketOf(s), { listener: 'web', secure: false, tlsVersion: '', serverName: '', peer: parseIp('127.0.0.1')! })).listen(9305, '127.0.0.1');
