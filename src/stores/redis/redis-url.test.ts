import { describe, expect, test } from 'vitest';
import { retryDelayMs } from './open-client.ts';
import { parseRedisUrl } from './redis-url.ts';

describe('the URL of Redis', () => {
  test.each<[string, object]>([
    [
      'redis://cache',
      { isSecure: false, isCluster: false, nodes: [{ host: 'cache', port: 6379 }], database: 0 },
    ],
    ['redis://cache/', { database: 0 }],
    [
      'rediss://cache.example.com:6380/3',
      { isSecure: true, nodes: [{ host: 'cache.example.com', port: 6380 }], database: 3 },
    ],
    ['redis://[::1]:7000', { nodes: [{ host: '::1', port: 7000 }] }],
    [
      'redis+cluster://a:7000,b:7001,c',
      {
        isCluster: true,
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
          { host: 'c', port: 6379 },
        ],
      },
    ],
    ['rediss+cluster://a', { isCluster: true, isSecure: true }],
  ])('%s', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  test.each([
    '',
    'memory:',
    'redis:',
    'redis://',
    'http://cache',
    'redis://user:password@cache',
    'redis://:password@cache',
    'redis://cache:0',
    'redis://cache:70000',
    'redis://cache:x',
    'redis://a,b',
    'redis://cache/x',
    'redis://cache?password=x',
    'redis+cluster://a,,b',
    'redis+cluster://a/1',
    'REDIS://cache',
  ])('%j is none', (url) => {
    expect(parseRedisUrl(url)).toBeNull();
  });
});

test('attempts to connect come further apart, up to two seconds, and never together', () => {
  expect([1, 2, 3, 20, 1000].map((attempt) => retryDelayMs(attempt, () => 1))).toEqual([
    50, 100, 200, 2000, 2000,
  ]);
  expect(retryDelayMs(1000, () => 0)).toBe(1000);
});
