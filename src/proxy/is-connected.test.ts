import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { isConnected } from './is-connected.ts';

/** Both ends of a connection; the server's never reads. */
async function openPair(): Promise<{ server: Socket; client: Socket; close: () => void }> {
  const listener = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => listener.once('connection', resolve));
  const client = connect((listener.address() as { port: number }).port, '127.0.0.1');
  const server = await accepted;
  client.on('error', () => {});
  server.on('error', () => {});
  const close = (): void => {
    client.destroy();
    server.destroy();
    listener.close();
  };
  return { server, client, close };
}

test('a connection stands until the other end resets it, also where nothing is read', async () => {
  const { server, client, close } = await openPair();
  expect(isConnected(server)).toBe(true);
  client.resetAndDestroy();
  await expect.poll(() => isConnected(server)).toBe(false);
  close();
});

test('a connection whose other end only stopped sending stands', async () => {
  const { server, client, close } = await openPair();
  client.end();
  await new Promise((resolve) => client.once('finish', resolve));
  expect(isConnected(server)).toBe(true);
  close();
});

test('what cannot be asked counts as connected', () => {
  expect(isConnected({} as Socket)).toBe(true);
  expect(isConnected({ _handle: null } as unknown as Socket)).toBe(true);
});
