import { expect, test } from 'vitest';
import { parseConfig } from '../config/load.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { dueSecrets } from './webhook-secret-ages.ts';

const START = Date.UTC(2026, 0, 1);

const { config, problems } = parseConfig(
  `
version: 1
apis:
  - id: hooks
    path: /hooks
    upstream: http://127.0.0.1:9
    authenticate:
      webhook:
        scheme: slack
        secrets:
          - { id: q1, secret: '\${env:A}', createdAt: '2026-01-01' }
          - { id: ends, secret: '\${env:B}', createdAt: '2026-01-01', until: '2026-12-01' }
          - { id: unknown, secret: '\${env:C}' }
    endpoints:
      - { path: /inherits }
  - { id: other, path: /other, upstream: http://127.0.0.1:9, authenticate: none }
`,
  '/nowhere/portcullis.yaml',
  { env: { A: 'a'.repeat(32), B: 'b'.repeat(32), C: 'c'.repeat(32) } },
);

test.each([
  [75.9, []],
  [76, ['14']],
  [82.9, ['14']],
  [83, ['7']],
  [89.9, ['7']],
  [90, ['0']],
  [400, ['0']],
])('after %d days: %j', (days, due) => {
  expect(problems).toEqual([]);
  const notices = dueSecrets(config as NonNullable<typeof config>, START + days * DAY_MS);
  expect(notices.map(({ dedupeKey }) => dedupeKey.split(' ').at(-1))).toEqual(due);
  for (const notice of notices) {
    expect(notice).toMatchObject({
      kind: 'webhook-secret.expires-soon',
      payload: {
        webhook: 'hooks',
        secretId: 'q1',
        createdAt: '2026-01-01T00:00:00.000Z',
        dueAt: '2026-04-01T00:00:00.000Z',
      },
    });
    expect(JSON.stringify(notice)).not.toContain('aaaa');
  }
});
