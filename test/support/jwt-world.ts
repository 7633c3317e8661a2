import type { Decision } from '../../src/core/decision.ts';
import type { Check, IssuerFacts } from '../../src/core/stage.ts';
import { authentication } from '../../src/stages/authentication/authentication.ts';
import {
  fakePorts,
  issuerFacts,
  PAIRS,
  request,
  routeFacts,
  verificationKey,
} from './authentication-world.ts';

/** An issuer with a key of each kind, and routes that accept its tokens. */
export function jwtWorld() {
  const world = fakePorts();
  world.keySets.sets.set('company', [
    verificationKey('k1', PAIRS.rsa.publicKey),
    verificationKey('p256', PAIRS.p256.publicKey),
    verificationKey('p384', PAIRS.p384.publicKey),
    verificationKey('p521', PAIRS.p521.publicKey),
    verificationKey('ed', PAIRS.ed25519.publicKey),
    verificationKey('bound', PAIRS.rsa.publicKey, 'RS512'),
  ]);

  /** The check of a route that accepts tokens of one issuer. */
  function checkOf(facts: Partial<IssuerFacts> = {}, jwt: object = {}): Check {
    const method = { issuer: 'company', audience: ['orders', 'carts'], ...jwt };
    const route = routeFacts({ issuers: new Map([['company', issuerFacts(facts)]]) });
    const check = authentication.compile(
      authentication.schema.parse({ jwt: method }),
      route,
      world.ports,
    ).head;
    if (check === undefined) throw new Error('The route has no check.');
    return check;
  }

  async function decide(text: string, facts: Partial<IssuerFacts> = {}, jwt: object = {}) {
    const ctx = request(['Authorization', `Bearer ${text}`]);
    const decision: Decision = await checkOf(facts, jwt).run(ctx);
    return { reason: decision.reason, decision, ctx };
  }

  return { ...world, checkOf, decide };
}
