import { connect, createServer } from 'node:net';
import { cutUncertainRead, DirectSocket, directSocketOf } from '../../src/proxy/direct-socket.ts';
import { markedBytes } from './marked-bytes.ts';

/** Reads directly, has an exception in a tick after a large read, and tells what was read and what of it is wrong. */
const SENT = markedBytes('stray', 4_000_000);
const isCut = process.argv[2] === 'cut';
let read = 0;
let isThrown = false;
let wrong = 0;

process.on('uncaughtException', () => {
  if (isCut) cutUncertainRead();
});

function take(bytes: Buffer): void {
  if (!bytes.equals(SENT.subarray(read, read + bytes.length))) wrong++;
  read += bytes.length;
  if (isThrown || bytes.length < 48 * 1024) return;
  isThrown = true;
  process.nextTick(() => {
    throw new Error('in a tick');
  });
}

const server = createServer((accepted) => {
  const socket = directSocketOf(accepted);
  if (socket instanceof DirectSocket) socket.receiver = take;
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.resume();
  socket.once('close', () => {
    process.stdout.write(JSON.stringify({ read, isThrown, wrong }));
    process.exit(0);
  });
});
server.listen(0, '127.0.0.1', () => {
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  client.on('error', () => {});
  client.end(SENT);
});
