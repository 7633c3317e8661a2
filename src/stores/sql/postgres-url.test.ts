import { describe, expect, test } from 'vitest';
import { nameOf } from './location.ts';
import { parsePostgresUrl } from './postgres-url.ts';

const plain = {
  host: 'db',
  port: 5432,
  database: 'records',
  user: 'gw',
  password: '',
  sslMode: 'verify-full',
  sslRootCert: '',
  sslCert: '',
  sslKey: '',
  schema: '',
};

describe('parsePostgresUrl', () => {
  test.each([
    ['postgres://gw@db/records', {}],
    ['postgresql://gw@db:6000/records', { port: 6000 }],
    ['postgres://gw:p%40ss%2F@db/records', { password: 'p@ss/' }],
    ['postgres://gw@localhost/records', { host: 'localhost', sslMode: 'disable' }],
    ['postgres://gw@[::1]/records', { host: '::1', sslMode: 'disable' }],
    ['postgres://gw@[2001:db8::1]/records', { host: '2001:db8::1' }],
    ['postgres://gw@/records?host=/run/postgresql', { host: '/run/postgresql', sslMode: 'disable' }],
    ['postgres://gw@%2Frun%2Fpostgresql/records', { host: '/run/postgresql', sslMode: 'disable' }],
    ['postgres://gw@db/records?sslmode=require', { sslMode: 'require' }],
    [
      'postgres://gw@db/records?sslrootcert=ca.pem&schema=gate_1',
      { sslRootCert: 'ca.pem', schema: 'gate_1' },
    ],
    ['postgres://gw@db/records?sslcert=c.pem&sslkey=k.pem', { sslCert: 'c.pem', sslKey: 'k.pem' }],
  ])('reads %s', (url, change) => {
    expect(parsePostgresUrl(url)).toEqual({ address: { ...plain, ...change } });
  });

  test('a password beside the URL takes the place of that in it, as it is', () => {
    expect(parsePostgresUrl('postgres://gw:old@db/records', 'a%40b@/:')).toEqual({
      address: { ...plain, password: 'a%40b@/:' },
    });
  });

  test.each([
    ['postgres:gw@db/records', /Write it as/],
    ['mysql://gw@db/records', /Write it as/],
    ['postgres://db/records', /names no user/],
    ['postgres://gw@/records', /names no host/],
    ['postgres://gw@db', /names no database/],
    ['postgres://gw@db/', /names no database/],
    ['postgres://gw@db/a/b', /names no database/],
    ['postgres://gw@a,b/records', /not one name or address/],
    ['postgres://gw@db/records?host=/run', /names a host twice/],
    ['postgres://gw:100%@db/records', /begins no escape: put the password into `store.password`/],
    ['postgres://gw:pa/ss@db/records', /Write it as|names no|not one name/],
    ['postgres://gw@db/records?sslmode=prefer', /fall back to clear text/],
    ['postgres://gw@db/records?sslmode=disable&sslmode=require', /twice/],
    ['postgres://gw@db/records?sslkey=k.pem', /belong together/],
    ['postgres://gw@db/records?schema=Gate;drop', /`schema` may have/],
    ['postgres://gw@db/records?options=-c%20log_statement=all', /the parameters/],
  ])('refuses %s', (url, sentence) => {
    const parsed = parsePostgresUrl(url);
    expect('problem' in parsed ? parsed.problem : '').toMatch(sentence);
  });

  test('no sentence quotes the text, which may hold a password', () => {
    for (const url of [
      'postgres://gw:hunter2@',
      'postgres://gw:hunter2@a,b/c',
      'postgres://gw:hunter2@db/c?x=1',
    ]) {
      const parsed = parsePostgresUrl(url);
      expect('problem' in parsed ? parsed.problem : 'hunter2').not.toContain('hunter2');
    }
  });
});

test.each([
  ['postgres://gw:secret@db/records', 'postgres://gw@db:5432/records'],
  ['postgres://gw:secret@[::1]/records', 'postgres://gw@[::1]:5432/records'],
  ['postgres://gw:secret@/records?host=/run', 'postgres://gw@/records?host=/run'],
])('%s is shown without its password', (url, shown) => {
  const parsed = parsePostgresUrl(url);
  if ('problem' in parsed) throw new Error(parsed.problem);
  expect(nameOf({ kind: 'postgres', address: parsed.address })).toBe(shown);
});
