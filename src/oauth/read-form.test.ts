import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readForm } from './read-form.ts';

function requestOf(body: string): IncomingMessage {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return Object.assign(Readable.from([Buffer.from(body)]), { headers }) as unknown as IncomingMessage;
}

test.each([
  ['name=alice&name=bob', 'alice'],
  ['&name=alice', 'alice'],
  ['?name=alice&name=bob', 'bob'],
  ['?name=alice', null],
  ['', null],
])('the name in %j is %j', async (body, name) => {
  expect((await readForm(requestOf(body))).get('name')).toBe(name);
});
