import { expect, test } from 'vitest';
import { loadFrom } from './config-source.ts';

test('a document that was handed over in memory is shown without the secrets typed into it', () => {
  const document = {
    version: 1,
    store: { url: 'postgres://gw:hunter2@db.company.com/records', password: 'hunter3' },
    apis: [{ id: 'web', upstream: 'http://127.0.0.1:3000' }],
  };
  const { redacted, config } = loadFrom({ document, baseDir: '.' }, 0);
  expect(JSON.stringify(redacted)).not.toMatch(/hunter/);
  expect(config.store.location).toMatchObject({ address: { password: 'hunter3' } });
});
