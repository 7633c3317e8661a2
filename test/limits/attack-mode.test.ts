import { afterEach, expect, test } from 'vitest';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

test.each([1, 2])(
  'by command strangers have half their limits, in %i threads, until it is off again',
  async (threads) => {
    const upstream = await start();
    closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
    const gateway = await startTestGateway({
      ...plainConfig(upstream.port),
      threads,
      apis: [
        {
          id: 'web',
          path: '/',
          upstream: `http://127.0.0.1:${upstream.port}`,
          authenticate: 'none',
          addressLimit: { perMinute: 20 },
        },
      ],
    });
    closing.push(gateway);
    const operate = async (method: string, body?: object): Promise<Record<string, unknown>> => {
      const answer = await gateway.admin('/v1/attack', {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as Record<string, unknown>;
    };
    const admitted = async (count: number): Promise<number> => {
      let passed = 0;
      for (let i = 0; i < count; i++) {
        const { status } = await fetch(`http://127.0.0.1:${gateway.port}/`, {
          headers: { connection: 'close' },
        });
        if (status !== 429) passed++;
      }
      return passed;
    };
    expect(await operate('GET')).toMatchObject({ isOn: false, startedAt: null, until: null, cause: null });
    expect(await operate('POST', { minutes: 5 })).toMatchObject({ isOn: true, cause: 'command' });
    expect(await admitted(15)).toBe(10);
    expect(await operate('DELETE')).toMatchObject({ isOn: false });
    expect(await admitted(15)).toBe(10);
    await until('both notices', async () => {
      const { notices } = (await (await gateway.admin('/v1/notices')).json()) as {
        notices: { kind: string }[];
      };
      return ['attack.started', 'attack.ended'].every((kind) =>
        notices.some((notice) => notice.kind === kind),
      );
    });
  },
);
