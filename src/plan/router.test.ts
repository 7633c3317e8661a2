import { expect, test } from 'vitest';
import { Route } from '../core/route.ts';
import { type EndpointEntry, type RouteMatch, Router } from './router.ts';

const route = (id: string): Route => Object.assign(Object.create(Route.prototype), { id });
const endpoint = (api: string, path: string, methods: string[] | null = null): EndpointEntry => ({
  path,
  methods,
  route: route(`${api}${path} ${methods ?? '*'}`),
});
const shown = (match: RouteMatch): unknown => (match instanceof Route ? match.id : match);

const APIS = [
  { hosts: [], path: '/', route: route('root'), endpoints: [], denyUndeclared: false },
  {
    hosts: [],
    path: '/shop',
    route: route('shop'),
    endpoints: [
      endpoint('shop', '/search', ['GET']),
      endpoint('shop', '/users/me'),
      endpoint('shop', '/users/{id}'),
      endpoint('shop', '/users/{id}/posts'),
    ],
    denyUndeclared: false,
  },
  {
    hosts: [],
    path: '/strict',
    route: route('strict'),
    endpoints: [
      endpoint('strict', '/a', ['GET', 'PUT']),
      endpoint('strict', '/users/me'),
      endpoint('strict', '/users/{id}/posts', ['GET']),
    ],
    denyUndeclared: true,
  },
  { hosts: [], path: '/shop/admin', route: route('admin'), endpoints: [], denyUndeclared: false },
  { hosts: ['api.example.com'], path: '/v1', route: route('exact'), endpoints: [], denyUndeclared: false },
  { hosts: ['*.example.com'], path: '/v1', route: route('wild'), endpoints: [], denyUndeclared: false },
];

const router = new Router(APIS, true);

test.each([
  ['any', '/', 'GET', 'root'],
  ['any', '/shop', 'GET', 'shop'],
  ['any', '/shop/', 'GET', 'shop'],
  ['any', '/shopping', 'GET', 'root'],
  ['any', '/shop/other', 'GET', 'shop'],
  ['any', '/shop/search', 'GET', 'shop/search GET'],
  ['any', '/shop/search', 'HEAD', 'shop/search GET'],
  ['any', '/shop/search', 'POST', 'shop'],
  ['any', '/SHOP/Search', 'GET', 'shop/search GET'],
  ['any', '/shop/search/', 'GET', 'shop/search GET'],
  ['any', '/shop/search/deeper', 'GET', 'shop/search GET'],
  ['any', '/shop/searching', 'GET', 'shop'],
  ['any', '/shop/users/7', 'GET', 'shop/users/{id} *'],
  ['any', '/shop/users/me', 'GET', 'shop/users/me *'],
  ['any', '/shop/users/me/posts', 'GET', 'shop/users/{id}/posts *'],
  ['any', '/shop/users/me/other', 'GET', 'shop/users/me *'],
  ['any', '/shop/admin/x', 'GET', 'admin'],
  ['any', '/strict/a', 'GET', 'strict/a GET,PUT'],
  ['any', '/strict/a/', 'GET', 'strict/a GET,PUT'],
  ['any', '/strict/a', 'POST', ['GET', 'PUT']],
  ['any', '/strict/a/b', 'GET', 'none'],
  ['any', '/strict', 'GET', 'none'],
  ['any', '/strict/users/me/posts', 'GET', 'strict/users/{id}/posts GET'],
  ['any', '*', 'OPTIONS', 'none'],
  ['api.example.com', '/v1/x', 'GET', 'exact'],
  ['www.example.com', '/v1/x', 'GET', 'wild'],
  ['a.b.example.com', '/v1/x', 'GET', 'wild'],
  ['example.com', '/v1/x', 'GET', 'root'],
  ['evilexample.com', '/v1/x', 'GET', 'root'],
  ['api.example.com', '/shop', 'GET', 'shop'],
])('%s %s %s goes to %s', (host, path, method, expected) => {
  expect(shown(router.find(host, path, method))).toEqual(expected);
});

test('with exact case another case is another path', () => {
  const exact = new Router(APIS, false);
  expect(shown(exact.find('any', '/shop/Search', 'GET'))).toBe('shop');
  expect(shown(exact.find('any', '/SHOP/search', 'GET'))).toBe('root');
});
