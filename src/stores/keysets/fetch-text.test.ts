import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Unavailable } from '../../core/errors.ts';
import { fetchText } from './fetch-text.ts';

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/good') response.end('{"keys":[]}');
    else if (request.url === '/away') response.writeHead(302, { location: '/good' }).end();
    else if (request.url === '/big') response.end('x'.repeat(256 * 1024 + 1));
    else if (request.url === '/limit') response.end('x'.repeat(256 * 1024));
    else response.writeHead(500).end('secret inside');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('reads a document', async () => {
  expect(await fetchText(`${base}/good`)).toBe('{"keys":[]}');
  expect(await fetchText(`${base}/limit`)).toHaveLength(256 * 1024);
});

test.each([
  ['/away', 'could not be fetched'],
  ['/big', 'more than 262144 bytes'],
  ['/error', 'answered with status 500'],
])('%s is unavailable', async (path, why) => {
  const error = await fetchText(base + path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Unavailable);
  expect((error as Error).message).toContain(base + path);
  expect((error as Error).message).toContain(why);
});

test('a place where nobody listens is unavailable', async () => {
  await expect(fetchText('http://127.0.0.1:1/')).rejects.toThrow(Unavailable);
});
