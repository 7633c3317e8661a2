import { describe, expect, test } from 'vitest';
import { splitHttp2Head } from './http2-head.ts';

const PSEUDO = [':method', 'GET', ':scheme', 'https', ':authority', 'api.test', ':path', '/a?b'];

describe('splitHttp2Head', () => {
  test('takes the pseudo-fields off', () => {
    expect(splitHttp2Head([...PSEUDO, 'a', '1', 'b', '2'], 'https')).toEqual({
      method: 'GET',
      target: '/a?b',
      authority: 'api.test',
      fields: ['a', '1', 'b', '2'],
    });
  });

  test.each([
    ['http', 'http://api.test/a?b'],
    ['ftp', 'ftp://api.test/a?b'],
  ])('shows the whole URI where the scheme is %s', (scheme, target) => {
    const raw = [...PSEUDO, 'a', '1'].with(3, scheme);
    expect(splitHttp2Head(raw, 'https').target).toBe(target);
  });

  test('a scheme in another case is the same scheme', () => {
    expect(splitHttp2Head(PSEUDO.with(3, 'HTTPS'), 'https').target).toBe('/a?b');
  });

  test('CONNECT has neither scheme nor path', () => {
    const head = splitHttp2Head([':method', 'CONNECT', ':authority', 'db:5432'], 'https');
    expect(head).toEqual({ method: 'CONNECT', target: '', authority: 'db:5432', fields: [] });
  });

  test.each([
    ['one crumb stays where it is', ['cookie', 'a=1', 'x', 'y'], ['cookie', 'a=1', 'x', 'y']],
    [
      'crumbs are joined in order',
      ['cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'],
      ['x', 'y', 'cookie', 'a=1; b=2'],
    ],
    ['values named cookie are none', ['x', 'cookie', 'y', 'cookie'], ['x', 'cookie', 'y', 'cookie']],
  ])('cookies: %s', (_what, fields, expected) => {
    expect(splitHttp2Head([...PSEUDO, ...fields], 'https').fields).toEqual(expected);
  });
});
