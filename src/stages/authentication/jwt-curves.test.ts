import { sign } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { PAIRS } from '../../../test/support/authentication-world.ts';
import { jwtWorld } from '../../../test/support/jwt-world.ts';
import { claims, encode } from '../../../test/support/sign-token.ts';

let world: ReturnType<typeof jwtWorld>;

beforeEach(() => {
  world = jwtWorld();
});

const es256 = (bytes: Buffer) => {
  const data = `${encode({ alg: 'ES256', kid: 'p256' })}.${encode(claims())}`;
  return `${data}.${bytes.toString('base64url')}`;
};
const es256Data = es256(Buffer.alloc(0)).slice(0, -1);
const p256Order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const ofByte = (value: number) => Buffer.from([...new Uint8Array(31), value]);

describe('ECDSA and EdDSA signatures', () => {
  const order1 = Buffer.from(p256Order);
  order1.writeUInt8(p256Order.readUInt8(31) - 1, 31);
  const numbers = {
    zero: ofByte(0),
    one: ofByte(1),
    order: p256Order,
    orderLess1: order1,
    full: Buffer.alloc(32, 255),
  };
  const pairs = Object.entries(numbers).flatMap(([r, rBytes]) =>
    Object.entries(numbers).map(([s, sBytes]) => [r, s, Buffer.concat([rBytes, sBytes])] as const),
  );

  test.each(pairs)('of r %s and s %s is refused', async (_r, _s, bytes) => {
    expect((await world.decide(es256(bytes), { algorithms: ['ES256'] })).reason).toBe('authn.signature');
  });

  test('in DER is refused', async () => {
    const bytes = sign('sha256', Buffer.from(es256Data), { key: PAIRS.p256.privateKey, dsaEncoding: 'der' });
    expect((await world.decide(es256(bytes), { algorithms: ['ES256'] })).reason).toBe('authn.signature');
  });

  test.each(['before', 'after'])('with a zero %s is refused', async (where) => {
    const bytes = sign('sha256', Buffer.from(es256Data), {
      key: PAIRS.p256.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    const zero = Buffer.alloc(1);
    const longer = where === 'before' ? Buffer.concat([zero, bytes]) : Buffer.concat([bytes, zero]);
    expect((await world.decide(es256(bytes), { algorithms: ['ES256'] })).reason).toBe('request.passed');
    expect((await world.decide(es256(longer), { algorithms: ['ES256'] })).reason).toBe('authn.signature');
  });

  test.each([0, 63, 64, 65])('of EdDSA, %i zeros, is refused', async (length) => {
    const text = `${encode({ alg: 'EdDSA', kid: 'ed' })}.${encode(claims())}.${Buffer.alloc(length).toString('base64url')}`;
    expect((await world.decide(text, { algorithms: ['EdDSA'] })).reason).toBe('authn.signature');
  });
});
