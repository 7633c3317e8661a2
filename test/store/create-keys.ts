import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { PLAIN_KEY } from '../support/plain-key.ts';

/** Creates keys until it is killed and prints the id of each one that the store acknowledged. */
const database = await openDatabase({
  location: { kind: 'sqlite', path: process.argv[2] as string },
  clock: { nowMs: () => Date.now() },
});
for (let i = 0; ; i++) {
  const id = `${process.pid}x${i}`;
  await database.keys.create({
    ...PLAIN_KEY,
    id,
    name: 'n'.repeat(i % 3000),
    prefix: 'pk_AbCdE',
    salt: '00',
    hash: '00',
    owner: '',
    scopes: [],
    roles: [],
    tier: '',
    grant: { apis: [], endpoints: [], methods: [], countries: [] },
    createdAtMs: i,
    expiresAtMs: 0,
    revokedAtMs: 0,
  });
  process.stdout.write(`${id}\n`);
}
