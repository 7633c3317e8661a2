import { createServer, type ListenOptions } from 'node:net';
import { expect, test } from 'vitest';
import type { ListenerConfig } from '../config/config.ts';
import { assignPorts } from './free-port.ts';

const host = '127.0.0.1';
const listener = (name: string, port: number): ListenerConfig =>
  ({ name, host, port }) as unknown as ListenerConfig;

/** What became of listening: '' or the code of the error. */
function tryToListen(options: ListenOptions): Promise<string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    server.listen(options, () => server.close(() => resolve('')));
  });
}

test('a port that the system chose is nobody else’s until it is released, but the threads can share it', async () => {
  const { ports, release } = await assignPorts([listener('a', 0), listener('b', 0)], {}, () => false);
  expect(ports.a).not.toBe(ports.b);
  for (const port of Object.values(ports)) {
    expect(await tryToListen({ host, port })).toBe('EADDRINUSE');
    expect(await tryToListen({ host, port, reusePort: true })).toBe('');
  }
  await release();
  for (const port of Object.values(ports)) expect(await tryToListen({ host, port })).toBe('');
});

test('a port that is named is refused where another program has it, also one that shares it', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen({ host, port: 0, reusePort: true }, resolve));
  const { port } = other.address() as { port: number };
  await expect(assignPorts([listener('a', 0), listener('b', port)], {}, () => false)).rejects.toThrow(
    `Port ${port} on ${host} is in use: stop the program that listens there, or give listener b another port.`,
  );
  await new Promise((resolve) => other.close(resolve));
  const { ports, release } = await assignPorts([listener('b', port)], {}, () => false);
  expect(ports).toEqual({ b: port });
  await release();
});

test('a listener that is open keeps its port', async () => {
  const { ports, release } = await assignPorts([listener('a', 0)], { a: 4711 }, () => true);
  expect(ports).toEqual({ a: 4711 });
  await release();
});
