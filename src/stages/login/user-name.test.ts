import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextOf } from '../../../test/support/stage-context.ts';
import { readUserName, type UserNamePlace } from './user-name.ts';

const FORM = 'application/x-www-form-urlencoded';
const FIELD: UserNamePlace = { field: 'user_name', steps: ['user_name'] };
const NESTED: UserNamePlace = { field: null, steps: ['login', 'e-mail'] };

function read(
  type: string,
  body: string | Uint8Array,
  place = FIELD,
  more: { query?: string; headers?: string[] } = {},
) {
  const headers = [...(type === '' ? [] : ['Content-Type', type]), ...(more.headers ?? [])];
  return readUserName(contextOf({ headers, body, query: more.query ?? '', method: 'POST' }), place);
}

describe('a form', () => {
  test.each([
    ['user_name=alice&password=x', 'alice'],
    ['password=x&user_name=al+ice', 'al ice'],
    ['user%5Fname=alic%65', 'alice'],
    ['user_name=Alice%20', 'alice'],
    ['user_name=%EF%BC%A1lice', 'alice'],
    ['user_name=', ''],
    ['user_name', ''],
    ['USER_NAME=alice', 'alice'],
    ['user.name=alice', 'alice'],
  ])('%s names %s', (body, name) => {
    expect(read(FORM, body)).toBe(name);
    expect(read(`${FORM}; charset=UTF-8`, body)).toBe(name);
  });

  test.each([
    ['', 'nothing'],
    ['login=alice', 'another field'],
    ['user_name=alice&user_name=bob', 'twice'],
    ['user_name=alice&user_name=alice', 'twice the same'],
    ['user_name=alice&user%5fname=bob', 'twice, once escaped'],
    ['user_name=alice&User_Name=bob', 'twice for who ignores case'],
    ['user_name=alice&user.name=bob', 'twice for PHP'],
    ['user_name=alice&user+name=bob', 'twice for PHP'],
    ['user_name=alice&+user_name=bob', 'twice for PHP'],
    ['user_name=alice&user_name[]=bob', 'twice for PHP'],
    ['user_name=alice&user_name%5B0%5D=bob', 'twice for PHP'],
    ['user_name=alice&u%C5%BFer_name=bob', 'twice for who folds the long s'],
    ['?user_name=alice&user_name=bob', 'twice for who takes it for a query'],
    ['?user_name=alice', 'none but for who takes it for a query'],
    ['\uFEFF?user_name=alice&user_name=bob', 'twice, behind a mark that readers take away'],
    ['user_name=%zz', 'an escape that is none'],
    ['user_name=alice&%zz=1', 'an escape that is none in another name'],
    ['user_name=%ff', 'no UTF-8'],
    ['{"user_name":"alice"}', 'JSON'],
  ])('%j has no name: %s', (body) => {
    expect(read(FORM, body)).toBeNull();
  });
});

describe('JSON', () => {
  test.each([
    ['{"user_name":"alice"}', 'alice'],
    ['{"password":"x","user_name":" ALICE\\u0020"}', 'alice'],
    ['{"user\\u005fname":"alice"}', 'alice'],
    ['{"user_name":17}', '17'],
    ['{"User_Name":"alice"}', 'alice'],
  ])('%s names %s', (body, name) => {
    for (const type of ['application/json', 'application/vnd.api+json', 'application/json; charset=utf-8'])
      expect(read(type, body)).toBe(name);
  });

  test.each([
    ['', 'nothing'],
    ['{"user_name":"alice"', 'half of it'],
    ['{"user_name":"alice","user_name":"bob"}', 'twice'],
    ['{"user_name":"alice","user\\u005fname":"bob"}', 'twice, once escaped'],
    ['{"user_name":"alice","USER_NAME":"bob"}', 'twice for who ignores case'],
    ['{"user_name":["alice"]}', 'a list'],
    ['{"user_name":{"$ne":null}}', 'an object'],
    ['{"user_name":null}', 'null'],
    ['{"user_name":true}', 'true'],
    ['[{"user_name":"alice"}]', 'a list around'],
    ['"alice"', 'a text'],
    ['{"x":{"user_name":"alice"}}', 'deeper'],
    ['\ufeff{"user_name":"alice"}', 'a byte order mark'],
    ['user_name=alice', 'a form'],
  ])('%s has no name: %s', (body) => {
    expect(read('application/json', body)).toBeNull();
  });

  test('a pointer leads to the name, and only that', () => {
    expect(read('application/json', '{"login":{"e-mail":"a@b"},"e-mail":"x"}', NESTED)).toBe('a@b');
    expect(read('application/json', '{"login":{"e-mail":"a","E-Mail":"b"}}', NESTED)).toBeNull();
    expect(read('application/json', '{"login":["a"]}', NESTED)).toBeNull();
    expect(read(FORM, 'e-mail=a', NESTED)).toBeNull();
  });
});

describe.each([
  ['application/json', '{"user_name":"alice"}'],
  [FORM, 'user_name=alice'],
])('%s', (type, body) => {
  test.each([
    ['the query names one, too', { query: 'a=1&user_name=bob' }],
    ['the query names one as PHP would', { query: 'user.name[]=bob' }],
    ['the query cannot be decoded', { query: '%ff=1' }],
    ['the body is compressed', { headers: ['Content-Encoding', 'gzip'] }],
    ['the type came twice', { headers: ['Content-Type', type] }],
  ])('nothing is read when %s', (_, more) => {
    expect(read(type, body, FIELD, more)).toBeNull();
  });

  test.each([
    `${type}; charset=utf-16`,
    `${type}; charset*=utf-8''utf-7`,
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/jsonx',
    '',
    'nonsense',
  ])('nothing is read as %s', (other) => {
    expect(read(other, body)).toBeNull();
  });

  test('nothing is read that is not UTF-8', () => {
    expect(read(type, Buffer.concat([Buffer.from(body), Buffer.from([0xff])]))).toBeNull();
  });
});

test('whatever comes, reading never throws, and a name that is read is the one that was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, other) => {
      fc.pre(!/^\s*user[_ .]name/i.test(other));
      const asJson = read('application/json', JSON.stringify({ [other]: 1, user_name: name }));
      const wanted = name.normalize('NFKC').trim().toLowerCase();
      if (asJson !== null) expect(asJson).toBe(wanted);
      const form = new URLSearchParams({ user_name: name }).toString();
      const isWhole = name.isWellFormed();
      if (isWhole) expect(read(FORM, form)).toBe(wanted);
      expect(() => read(FORM, other)).not.toThrow();
    }),
  );
});
