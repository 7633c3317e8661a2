import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileBlock, contextOf, problemsOf, runNow } from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import { formatIp, ipv4Of } from '../../lib/ip/address.ts';
import { access } from './access.ts';

function decide(block: unknown, client: string) {
  return runNow(compileBlock(access, block).head, contextOf({ client }));
}

test.each([
  [{ allow: ['10.0.0.0/8'] }, '10.1.2.3', true],
  [{ allow: ['10.0.0.0/8'] }, '11.0.0.1', false],
  [{ allow: ['10.0.0.0/8'] }, '::1', false],
  [{ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.1.2.3', false],
  [{ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.2.2.3', true],
  // a longer allowed prefix does not win over a denied one
  [{ allow: ['10.1.2.0/24'], deny: ['10.0.0.0/8'] }, '10.1.2.3', false],
  [{ deny: ['203.0.113.0/24'] }, '203.0.113.9', false],
  [{ deny: ['203.0.113.0/24'] }, '192.0.2.1', true],
  [{ deny: ['203.0.113.0/24'] }, '2001:db8::1', true],
  [{ deny: ['203.0.113.9'] }, '::ffff:203.0.113.9', false],
  [{ deny: ['203.0.113.9'] }, '::ffff:cb00:7109', false],
  [{ deny: ['::/0'] }, '192.0.2.1', true],
  [{ allow: ['0.0.0.0/0'] }, '2001:db8::1', false],
  [{ allow: ['2001:db8::/32'] }, '2001:db8:ffff::1', true],
  [{ allow: ['2001:db8::/32'] }, '2001:db9::1', false],
])('%j, %s', (block, client, passes) => {
  const decision = decide(block, client);
  expect(decision === CONTINUE).toBe(passes);
  if (!passes) expect(decision.reason).toBe('access.denied');
});

test('the journal learns which entry, the client does not', () => {
  const decision = decide({ deny: ['10.0.0.0/8', '10.1.0.0/16'] }, '10.1.2.3');
  expect(decision.detail).toContain('10.1.0.0/16');
  expect(decision.problem).not.toContain('10.');
  expect(decide({ allow: ['10.0.0.0/8'] }, '1.1.1.1').detail).toContain('access.allow');
});

test.each([{}, { allow: [], deny: [] }, { mode: 'observe' }])('%j compiles to nothing', (block) => {
  expect(compileBlock(access, block)).toEqual({});
});

test.each([
  [{ allow: ['10.0.0.0/8', '10.0.0.1/8'] }, '/allow/1', '"10.0.0.0/8" for the network'],
  [{ deny: ['10.0.0/8'] }, '/deny/0', 'not an IPv4 or IPv6 address'],
  [{ deny: ['010.0.0.0/8'] }, '/deny/0', 'leading zero'],
  [{ deny: ['10.0.0.0/255.0.0.0'] }, '/deny/0', '"10.0.0.0/8"'],
  [{ deny: ['localhost'] }, '/deny/0', 'not an IPv4 or IPv6 address'],
  [{ allow: ['::ffff:0:0/96'] }, '/allow/0', 'write "0.0.0.0/0"'],
  [{ allow: ['::ffff:10.0.0.0/104'] }, '/allow/0', 'write "10.0.0.0/8"'],
  [{ allow: ['::ffff:10.0.0.1'] }, '/allow/0', 'write "10.0.0.1"'],
  [{ allow: ['::ffff:10.0.0.0/8'] }, '/allow/0', 'write the IPv4 network itself'],
  [{ allow: [''] }, '/allow/0', 'not an IPv4 or IPv6 address'],
])('%j is a mistake at %s', (block, pointer, advice) => {
  const [problem, ...more] = problemsOf(access, block);
  expect(more).toEqual([]);
  expect(problem?.startsWith(`${pointer}: `)).toBe(true);
  expect(problem).toContain(advice);
});

test('one mistake never hides another', () => {
  expect(problemsOf(access, { allow: ['x', '10.0.0.0/8', 'y'], deny: ['z'] })).toHaveLength(3);
  expect(problemsOf(access, { allow: '10.0.0.0/8' })).toHaveLength(1);
  expect(problemsOf(access, { alow: [] })).toHaveLength(1);
});

test('wide entries are reported as weak', () => {
  const config = access.schema.parse({
    allow: ['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1', '2000::/3', '10.0.0.0/8', '2001:db8::/32'],
    deny: ['0.0.0.0/0'],
  });
  const found = access.weaknesses?.(config) ?? [];
  expect(found.map((weakness) => weakness.pointer)).toEqual([
    '/allow/0',
    '/allow/1',
    '/allow/2',
    '/allow/3',
    '/allow/4',
  ]);
  expect(found[0]?.message).toContain('every IPv4 address');
  expect(found[4]?.message).toContain('1 in 8 of all IPv6 addresses');
});

test('whoever is in both lists is denied, whoever is only allowed passes', () => {
  const network = fc
    .tuple(fc.nat({ max: 255 }), fc.constantFrom(8, 16))
    .map(([n, bits]) => (bits === 8 ? `${n}.0.0.0/8` : `10.${n}.0.0/16`));
  const client = fc
    .tuple(fc.constantFrom(10, 11), fc.nat({ max: 255 }))
    .map(([a, b]) => ipv4Of(a * 2 ** 24 + b * 65536 + 1));
  const holds = (text: string, address: string) => {
    const [head] = text.split('/');
    const octets = text.endsWith('/8') ? 1 : 2;
    return head?.split('.').slice(0, octets).join('.') === address.split('.').slice(0, octets).join('.');
  };
  fc.assert(
    fc.property(fc.array(network, { minLength: 1 }), fc.array(network), client, (allow, denied, ip) => {
      const address = formatIp(ip);
      const passes =
        allow.some((text) => holds(text, address)) && !denied.some((text) => holds(text, address));
      expect(decide({ allow, deny: denied }, address) === CONTINUE).toBe(passes);
    }),
  );
});
