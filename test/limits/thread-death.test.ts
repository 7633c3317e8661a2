import { expect, test } from 'vitest';
import { startHolding } from '../support/holding-upstream.ts';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';
import { seeWorkers } from '../support/workers.ts';
import { statusesAtOnce } from './slot-world.ts';

const SLOTS = 4;
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

test('a data-plane thread that dies with requests under way leaves their slots free', async () => {
  await using upstream = await startHolding();
  using workers = seeWorkers();
  await using gateway = await startTestGateway(
    plainConfig(upstream.port, {
      limits: { drainMs: 500 },
      defaults: { rateLimit: { concurrent: SLOTS, by: 'address' } },
    }),
  );
  for (let death = 1; death <= 2; death++) {
    const held = await Promise.all(Array.from({ length: SLOTS }, () => openRawClient(gateway.port)));
    for (const client of held) await client.write(GET);
    await until('all slots taken', () => upstream.waiting === SLOTS);
    expect(await statusesAtOnce(gateway.port, '/', 1)).toEqual([429]);
    await workers.all.at(-1)?.terminate();
    await until('another thread serves', () =>
      gateway.gateway.services
        .status()
        .threads.every(({ state, restarts }) => state === 'running' && restarts === death),
    );
    for (const client of held) client.close();
    await until('the dead thread let go of the upstream', () => upstream.waiting === 0);
    const again = statusesAtOnce(gateway.port, '/', SLOTS);
    await until('all slots free', () => upstream.waiting === SLOTS);
    upstream.release('ok');
    expect(await again).toEqual(Array(SLOTS).fill(200));
  }
});
