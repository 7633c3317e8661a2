import { expect, test } from 'vitest';
import { parseConfig } from '../config/load.ts';
import { ConfigError } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { compilePlan } from './compile-plan.ts';

/** What is wrong with a configuration that only its stages can see. */
function problemsOf(text: string): string[] {
  const { config, problems } = parseConfig(text, '/nowhere/x.yaml', { env: {} });
  if (config === null) throw new Error(JSON.stringify(problems));
  try {
    compilePlan(config, {
      limitScales: [],
      loads: { upstream: () => ({}), route: () => ({}) },
    } as unknown as Ports);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ pointer, message }) => `${pointer} ${message}`);
  }
}

test('limits that contradict what they inherit are told where they are written', () => {
  const problems = problemsOf(`
version: 1
defaults:
  rateLimit: { perHour: 50 }
apis:
  - id: orders
    upstream: http://127.0.0.1:9
    rateLimit: { tier: fromPrincipal, cost: 31 }
    endpoints:
      - { path: /search, rateLimit: { perMinute: 60, cost: 1 } }
      - { path: /all, rateLimit: { by: api, cost: 1 } }
      - { path: /fine, rateLimit: { preset: export, cost: 2 } }
      - { path: /dear, rateLimit: { preset: export, cost: 3 } }
`);
  expect(problems).toEqual([
    '/apis/0/rateLimit/cost A request costs 31, and the tier "free" has room for 30: none would ever pass.',
    '/apis/0/endpoints/0/rateLimit/perMinute `perMinute` is 60 and `perHour` 50: the limit of a minute can never be reached.',
    '/apis/0/endpoints/1/rateLimit/by A tier is the allowance of one caller: it cannot be counted for all together, nor by a header.',
    '/apis/0/endpoints/3/rateLimit/cost A request costs 3, and the limit of the block has room for 2: none would ever pass.',
  ]);
});

test('a preset replaces the numbers that an endpoint would inherit, and is replaced by those that it says', () => {
  const { config } = parseConfig(
    `
version: 1
apis:
  - id: orders
    upstream: http://127.0.0.1:9
    rateLimit: { perMinute: 500, perHour: 1000, cost: 4, onUnavailable: allow, counting: leased }
    endpoints:
      - { path: /login, rateLimit: { preset: login } }
      - { path: /search, rateLimit: { preset: search, perMinute: 40 } }
`,
    '/nowhere/x.yaml',
    { env: {} },
  );
  const blocks = config?.apis[0]?.endpoints.map((endpoint) => endpoint.blocks.get('rateLimit')?.config);
  expect(blocks?.[0]).toMatchObject({ preset: 'login', cost: 1, counting: 'leased' });
  expect(blocks?.[0]).not.toHaveProperty('perMinute');
  expect(blocks?.[0]).not.toHaveProperty('perHour');
  expect(blocks?.[0]).not.toHaveProperty('onUnavailable');
  expect(blocks?.[1]).toMatchObject({ preset: 'search', perMinute: 40 });
});
