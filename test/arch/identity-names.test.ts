import { expect, test } from 'vitest';
import { GATEWAY_OWNED, HOP_BY_HOP } from '../../src/proxy/field-rules.ts';
import { isReserved } from '../../src/stages/authentication/identity-headers.schema.ts';

test('no identity header can have a name that the gateway writes or ends itself', () => {
  expect([...HOP_BY_HOP, ...GATEWAY_OWNED].filter((name) => !isReserved(name))).toEqual([]);
});
