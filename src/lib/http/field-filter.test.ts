import { expect, test } from 'vitest';
import { FieldFilter } from './field-filter.ts';
import { fieldNameOf } from './field-lines.ts';

const filter = new FieldFilter();
filter.passAsWritten('x-token');
filter.passAsWritten('x-user-id');
filter.withhold('x-user-id');
filter.withhold('x-key_id');
filter.passAsWritten('x-key-id');

test.each([
  ['X-User-Id', true],
  ['x-user-id', true],
  ['X_USER_ID', true],
  ['x_user-id', true],
  ['x.user.id', true],
  ['X~User|Id', true],
  ['X-Key-Id', true],
  ['X-Token', false],
  ['X_Token', true],
  ['X-User-Ids', false],
  ['XUserId', false],
  ['X--User-Id', false],
])('%s is withheld: %s', (name, isWithheld) => {
  expect(filter.withholds(fieldNameOf(name))).toBe(isWithheld);
});
