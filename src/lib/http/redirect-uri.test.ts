import { expect, test } from 'vitest';
import { isNativeRedirect, redirectUriProblem } from './redirect-uri.ts';

test.each<[string, boolean]>([
  ['https://shop.example/callback', false],
  ['https://shop.example:8443/callback?fixed=1', false],
  ['http://127.0.0.1/callback', true],
  ['http://127.0.0.1:49152/callback', true],
  ['http://[::1]/callback', true],
  ['http://localhost:3000/callback', true],
])('%s can be registered by everybody', (uri, native) => {
  expect(redirectUriProblem(uri, false)).toBeNull();
  expect(isNativeRedirect(uri)).toBe(native);
});

test('the scheme of an app is for native apps', () => {
  const uri = 'com.example.app:/callback';
  expect(redirectUriProblem(uri, true)).toBeNull();
  expect(redirectUriProblem(uri, false)).toContain('not https');
  expect(isNativeRedirect(uri)).toBe(true);
});

test.each([
  ['http://shop.example/callback', 'https'],
  ['http://127.0.0.1.evil.example/', 'https'],
  ['http://localhost.evil.example/', 'https'],
  ['https://shop.example/callback#x', 'fragment'],
  ['https://*.example/callback', 'wildcard'],
  ['https://shop.example/*', 'wildcard'],
  ['https://user:secret@shop.example/', 'user name'],
  ['https://shop.example@evil.example/', 'user name'],
  ['https://shop.example/\\evil', 'characters'],
  ['https://shop.example/a b', 'characters'],
  ['https://shop.example/\u0000', 'characters'],
  ['https://shöp.example/', 'characters'],
  ['javascript:alert(1)', 'scheme'],
  ['data:text/html,x', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['myapp:/callback', 'scheme'],
  ['/callback', 'URL'],
  ['//evil.example/', 'URL'],
  ['', 'characters'],
  [`https://shop.example/${'x'.repeat(2048)}`, 'long'],
])('%j cannot be registered', (uri, why) => {
  expect(redirectUriProblem(uri, true)).toContain(why);
});
