import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCredentialName, maskSecrets } from './mask-secrets.ts';

test.each([
  ['password', true],
  ['userPassword', true],
  ['new_passwd', true],
  ['X-Api-Key', true],
  ['access_token', true],
  ['csrfToken', true],
  ['PHPSESSID', true],
  ['connect.sid', true],
  ['Authorization', true],
  ['card_number', true],
  ['pin', true],
  ['code', true],
  ['author', false],
  ['comment', false],
  ['spinning', false],
  ['keyboard', false],
  ['q', false],
])('%s is called like a credential: %s', (name, expected) => expect(isCredentialName(name)).toBe(expected));

describe('what may be a credential', () => {
  test.each([
    ['in a query', 'a=1&password=hunter2&b=2', 'hunter2'],
    ['in a query, encoded', 'password%3dhunter2&b=2', 'hunter2'],
    ['in a form with blanks', 'password=my secret word&b=2', 'my secret word'],
    ['in JSON', '{"a":1,"password":"hunt er2","b":2}', 'hunt er2'],
    ['in JSON with a quote in it', '{"password":"hun\\"ter2"}', 'hun\\"ter2'],
    ['in JSON that is cut', '{"password":"hunter2', 'hunter2'],
    ['in XML', '<user><password>hunter2</password></user>', 'hunter2'],
    ['in a field', 'authorization: Bearer abc.def', 'abc.def'],
    ['behind a scheme', 'x Bearer abcd1234 y', 'abcd1234'],
    ['as a token', 'q=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
    ['in a URL', 'http://user:hunter2@host/', 'hunter2'],
    ['as the number of a card', 'pay 4111 1111 1111 1111 now', '4111 1111 1111 1111'],
    ['as a long run', 'q=sk_live_4eC39HqLyjWDarjtT1zdp7dc', '4eC39HqLyjWDarjtT1zdp7dc'],
  ])('%s is hidden', (_, text, secret) => {
    const masked = maskSecrets(text);
    expect(masked).toHaveLength(text.length);
    expect(masked).not.toContain(secret);
  });

  test.each(["1' or '1'='1", '<script>alert(1)</script>', '../../etc/passwd', 'a=1&b=two'])(
    'is not %s, which stays as it is',
    (text) => expect(maskSecrets(text)).toBe(text),
  );

  test('keeps every place, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 512 }), (text) => {
        const masked = maskSecrets(text);
        expect(masked).toHaveLength(text.length);
        for (let at = 0; at < text.length; at++) if (masked[at] !== '*') expect(masked[at]).toBe(text[at]);
      }),
    );
  });
});
