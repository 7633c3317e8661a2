import { expect, test } from 'vitest';
import { openRawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openTlsWorld } from '../support/tls-world.ts';
import { metricOf } from './metrics.ts';

test.each([
  ['nothing', ''],
  ['half a ClientHello', '160301020001000'],
])('a client that leaves within its handshake (%s) is gone at once', async (_name, hex) => {
  await using world = await openTlsWorld();
  const client = await openRawClient(world.port);
  await client.write(Buffer.from(hex, 'hex'));
  const open = () => metricOf(world.gateway, 'portcullis_connections');
  await until('the connection counts', async () => (await open()) === 1);
  // Closes in order, as a process that ends does.
  client.close();
  await until(
    'the connection is closed long before limits.headerTimeoutMs',
    async () => (await open()) === 0,
    3_000,
  );
  expect(world.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
