import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Unavailable } from '../core/errors.ts';
import type { KeyReport, OauthKey, OauthKeyStore } from '../core/oauth-records.ts';
import type { Clock } from '../core/ports.ts';
import { DAY_MS } from '../lib/time/day.ts';
import type { Vault } from './vault.ts';

const generate = promisify(generateKeyPair);
const RSA_BITS = 2048;
const HOUR_MS = 3_600_000;

type Purpose = OauthKey['purpose'];
const PURPOSES: readonly Purpose[] = ['sign', 'cookie'];

/** A private key as a JSON Web Key (RFC 7517). */
export type PrivateJwk = { readonly kid: string; readonly [member: string]: unknown };

/** The keys in use at one time. */
export interface KeyRing {
  /** The one that signs, then the one that will, then those whose tokens may still be valid. */
  readonly signing: readonly PrivateJwk[];
  /** In the same order. */
  readonly cookies: readonly string[];
}

export interface RotationSettings {
  readonly rotateMs: number;
  readonly publishAheadMs: number;
  /** How long after it stopped signing a key is still needed. */
  readonly keepMs: number;
}

/** Settings of rotation from the configuration. */
export function rotationSettings(days: number, aheadHours: number, keepS: number): RotationSettings {
  return { rotateMs: days * DAY_MS, publishAheadMs: aheadHours * HOUR_MS, keepMs: keepS * 1000 + HOUR_MS };
}

/**
 * The keys of the authorization server: made by themselves, published before they sign, kept until nothing that they
 * signed is valid.
 *
 * Safety: several gateways share the keys of one database. A new key has the next number of its purpose, and only one
 * gateway can add that number. When a key begins to sign is written with it, so all change over at one time.
 */
export class SigningKeys {
  readonly #store: OauthKeyStore;
  readonly #vault: Vault;
  readonly #clock: Clock;
  settings: RotationSettings;

  constructor(store: OauthKeyStore, vault: Vault, clock: Clock, settings: RotationSettings) {
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
    this.settings = settings;
  }

  /** Makes what is due and reads what is there. Errors: Unavailable for a store, or for keys of another secret. */
  async load(): Promise<KeyRing> {
    for (const purpose of PURPOSES) await this.#prepare(purpose);
    await this.#store.prune(this.#clock.nowMs());
    const keys = await this.#live();
    return {
      signing: this.#ordered(keys, 'sign').map((key) => ({
        ...(JSON.parse(this.#open(key)) as Record<string, unknown>),
        kid: key.kid,
      })),
      cookies: this.#ordered(keys, 'cookie').map((key) => this.#open(key)),
    };
  }

  async report(): Promise<readonly KeyReport[]> {
    const [current, ...others] = this.#ordered(await this.#live(), 'sign');
    const nowMs = this.#clock.nowMs();
    const view = (key: OauthKey, state: KeyReport['state']): KeyReport => {
      const { kid, activeFromMs, expiresAtMs } = key;
      return { kid, state, activeFromMs, expiresAtMs };
    };
    return current === undefined
      ? []
      : [
          view(current, 'signs'),
          ...others.map((key) => view(key, key.activeFromMs > nowMs ? 'next' : 'retired')),
        ];
  }

  /**
   * Replaces the signing key before its time: as soon as everybody can know the next one, or (`now`) at once.
   *
   * Safety: at once means that the old keys are withdrawn, too, because that is what a key that others know calls for:
   * whatever they signed is refused from now on.
   */
  async rotate(now: boolean): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const newest = (await this.#live()).findLast(({ purpose }) => purpose === 'sign');
    const generation = (newest?.generation ?? 0) + 1;
    if (now) {
      await this.#add('sign', generation, nowMs);
      await this.#store.expireBefore('sign', generation, nowMs);
    } else if (newest === undefined || newest.activeFromMs <= nowMs) {
      await this.#add('sign', generation, nowMs + this.settings.publishAheadMs);
    }
  }

  /** Adds the next key of a purpose when it is time to publish it, and dates the end of those before the current. */
  async #prepare(purpose: Purpose): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const keys = (await this.#store.list()).filter((key) => key.purpose === purpose);
    const newest = keys.at(-1);
    if (newest === undefined) return this.#add(purpose, 1, nowMs);
    const current = keys.findLast(({ activeFromMs }) => activeFromMs <= nowMs) ?? newest;
    const { rotateMs, publishAheadMs, keepMs } = this.settings;
    const dueMs = newest.activeFromMs + rotateMs;
    if (newest === current && nowMs >= dueMs - publishAheadMs) {
      await this.#add(purpose, newest.generation + 1, Math.max(dueMs, nowMs + publishAheadMs));
    }
    await this.#store.expireBefore(purpose, current.generation, current.activeFromMs + keepMs);
  }

  async #add(purpose: Purpose, generation: number, activeFromMs: number): Promise<void> {
    const kid = randomBytes(16).toString('base64url');
    await this.#store.add({
      purpose,
      generation,
      kid,
      sealed: this.#vault.seal(`${purpose} ${kid}`, await makeKey(purpose)),
      createdAtMs: this.#clock.nowMs(),
      activeFromMs,
      expiresAtMs: 0,
    });
  }

  async #live(): Promise<readonly OauthKey[]> {
    const nowMs = this.#clock.nowMs();
    const keys = await this.#store.list();
    return keys.filter(({ expiresAtMs }) => expiresAtMs === 0 || expiresAtMs > nowMs);
  }

  /** The keys of a purpose: the current one, those to come, those that were. */
  #ordered(keys: readonly OauthKey[], purpose: Purpose): readonly OauthKey[] {
    const nowMs = this.#clock.nowMs();
    const own = keys.filter((key) => key.purpose === purpose);
    const current = own.findLast(({ activeFromMs }) => activeFromMs <= nowMs) ?? own.at(-1);
    if (current === undefined) return [];
    const later = own.filter(({ activeFromMs }) => activeFromMs > nowMs).filter((key) => key !== current);
    const earlier = own.filter((key) => key !== current && !later.includes(key)).reverse();
    return [current, ...later, ...earlier];
  }

  #open({ purpose, kid, sealed }: OauthKey): string {
    const text = this.#vault.open(`${purpose} ${kid}`, sealed);
    if (text !== null) return text;
    throw new Unavailable(
      'authorization server',
      'The keys in the database were sealed with another secret: give this gateway the `oauth.secret` of the others, or the file `oauth.secret` that belongs to the database.',
    );
  }
}

async function makeKey(purpose: Purpose): Promise<string> {
  if (purpose === 'cookie') return randomBytes(32).toString('base64url');
  const { privateKey } = await generate('rsa', { modulusLength: RSA_BITS });
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' });
}

/** The public half of signing keys as a JSON Web Key Set. */
export function publicKeySet(keys: readonly PrivateJwk[]): string {
  return JSON.stringify({ keys: keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg })) });
}
