import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRequests } from '../differential/our-reader.ts';
import { openWorld, type World } from '../http1/world.ts';
import { valuesOf } from '../support/message-reader.ts';
import { openRawClient } from '../support/raw-client.ts';
import { type Case, loadCases, MISSING } from './llhttp-cases.ts';

/** The case with a Host in its first request, without which the gateway would look at none. */
function withHost({ text }: Case): string {
  return /^host:/im.test(text) ? text : text.replace('\r\n', '\r\nHost: a.test\r\n');
}

const cases = loadCases();

if (cases === null) {
  test.skip(`skipped the request cases of llhttp: ${MISSING}`, () => {});
} else {
  describe('request cases of llhttp through the gateway', () => {
    let world: World;
    let passed = 0;
    beforeAll(async () => {
      world = await openWorld();
    });
    afterAll(() => world[Symbol.asyncDispose]());

    test.each(cases)('$place $title', async (one) => {
      world.upstream.clear();
      const text = withHost(one);
      const client = await openRawClient(world.port);
      await client.write(Buffer.from(text, 'latin1'));
      client.end();
      const { closed, problem } = await client.read();
      expect(problem).toBe('');
      expect(closed).not.toBe('open');
      expect(world.upstream.problems).toEqual([]);
      const whole = readRequests([Buffer.from(text, 'latin1')]).messages.filter(
        ({ isComplete }) => isComplete,
      );
      const ours = whole.map(({ start, body }) => `${start.split(' ')[0]} ${body}`);
      const { requests } = world.upstream;
      passed += requests.length;
      // What the upstream got is, one for one and in order, what our reading of the bytes gives, as far as it was let in.
      let at = 0;
      for (const request of requests) {
        at = ours.indexOf(`${request.method} ${request.body.toString('latin1')}`, at) + 1;
        expect(at).toBeGreaterThan(0);
        const framing = [...valuesOf(request, 'content-length'), ...valuesOf(request, 'transfer-encoding')];
        expect(framing.length).toBeLessThanOrEqual(1);
      }
    });

    test('and many of them pass', () => {
      expect(passed).toBeGreaterThan(20);
    });
  });
}
