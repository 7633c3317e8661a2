import type { KeyObject } from 'node:crypto';
import { fitsAlgorithm, verifySignature } from '../../lib/jose/algorithms.ts';
import { hasPrivateMembers, type Jwk, parsePublicJwk, thumbprintOf } from '../../lib/jose/public-jwk.ts';
import { type JsonObject, parseCompact, parseObject } from './jwt-token.ts';

/** A proof of a 4096-bit RSA key with its key in it has about 2,000. */
const MAX_PROOF_CHARS = 8192;
const MAX_ID_CHARS = 256;
const MAX_KEYS = 1000;

/** What can be wrong with a proof, as the journal says it. */
export const PROOF_PROBLEMS = {
  missing: 'The request has no DPoP header field.',
  several: 'The request has more than one DPoP header field.',
  form: 'The proof is not a signed JWT of at most 8,192 characters in canonical form.',
  type: '`typ` of the proof is not dpop+jwt.',
  algorithm: '`alg` of the proof is not in `dpopAlgorithms`.',
  header: 'The header of the proof asks for extensions or names a key elsewhere.',
  key: 'The proof holds no public key, or one that cannot be used with its `alg`, or a private one.',
  'other-key': 'The key of the proof is not the one that the token is bound to.',
  claims: 'The proof lacks `jti`, `htm`, `htu`, `iat` or `ath`, or one of them has another form.',
  method: '`htm` of the proof is not the method of the request.',
  target: '`htu` of the proof is not the address of the request.',
  time: '`iat` of the proof is too old or lies ahead.',
  token: '`ath` of the proof is not the hash of the token.',
  signature: 'The signature of the proof does not verify with its key.',
  replayed: '`jti` of the proof was used already.',
} as const;

export type ProofProblem = keyof typeof PROOF_PROBLEMS;

/** A proof that is well-formed; nothing of it is verified. */
export interface ClaimedProof {
  readonly alg: string;
  readonly jwk: Jwk;
  /** Thumbprint of the key (RFC 7638). */
  readonly jkt: string;
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath: string;
  /** '' when the proof has none. */
  readonly nonce: string;
  readonly signedBytes: Buffer;
  readonly signature: Buffer;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 9449, section 4.3, items 3 to 6. */
function headerProblem(header: JsonObject, algorithms: ReadonlySet<string>): ProofProblem | null {
  const { typ, alg, jwk } = header;
  if (typeof typ !== 'string' || !/^(?:application\/)?dpop\+jwt$/i.test(typ)) return 'type';
  if (typeof alg !== 'string' || !algorithms.has(alg)) return 'algorithm';
  for (const member of ['crit', 'b64', 'jku', 'x5u', 'x5c'])
    if (Object.hasOwn(header, member)) return 'header';
  return isObject(jwk) && !hasPrivateMembers(jwk) ? null : 'key';
}

/** RFC 9449, section 4.2. */
function readClaims(claims: JsonObject) {
  const { jti, htm, htu, iat, ath, nonce = '' } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_ID_CHARS) return null;
  if (typeof htm !== 'string' || typeof htu !== 'string' || typeof ath !== 'string') return null;
  if (typeof iat !== 'number' || !Number.isFinite(iat) || typeof nonce !== 'string') return null;
  return { jti, htm, htu, iat, ath, nonce };
}

/** Reads a proof, or says what is wrong with it. Cost: linear in its length; no key is read yet. */
export function parseProof(text: string, algorithms: ReadonlySet<string>): ClaimedProof | ProofProblem {
  const jws = parseCompact(text, MAX_PROOF_CHARS);
  if (typeof jws === 'string') return 'form';
  const { header, payload, signedBytes, signature } = jws;
  const problem = headerProblem(header, algorithms);
  if (problem !== null) return problem;
  const object = parseObject(payload);
  if (object === null) return 'form';
  const claims = readClaims(object);
  if (claims === null) return 'claims';
  const jwk = header.jwk as Jwk;
  const jkt = thumbprintOf(jwk);
  return jkt === null ? 'key' : { ...claims, alg: header.alg as string, jwk, jkt, signedBytes, signature };
}

/** Keys of proofs by thumbprint, so that a client's key is read once. Keys that were used longest ago go first. */
const keys = new Map<string, KeyObject>();

function keyOf({ jwk, jkt }: ClaimedProof): KeyObject | null {
  const known = keys.get(jkt);
  if (known !== undefined) {
    keys.delete(jkt);
    keys.set(jkt, known);
    return known;
  }
  const key = parsePublicJwk(jwk);
  if (typeof key === 'string') return null;
  const oldest = keys.keys().next();
  if (keys.size >= MAX_KEYS && !oldest.done) keys.delete(oldest.value);
  keys.set(jkt, key);
  return key;
}

/** What is wrong with key or signature of a proof; null when it verifies. */
export function signatureProblem(proof: ClaimedProof): ProofProblem | null {
  const key = keyOf(proof);
  if (key === null || !fitsAlgorithm(key, proof.alg)) return 'key';
  // RFC 7517, section 4.4: a key that is meant for one algorithm is for no other.
  if (proof.jwk.alg !== undefined && proof.jwk.alg !== proof.alg) return 'key';
  return verifySignature(proof.alg, key, proof.signedBytes, proof.signature) ? null : 'signature';
}
