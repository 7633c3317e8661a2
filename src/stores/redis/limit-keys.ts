import { hash } from 'node:crypto';
import type { Limits } from '../../core/limits.ts';

/** With the version of the form in which counters are kept. */
const PREFIX = 'portcullis:limit:1:';
/** Characters of a hash that name a client, and those that name a scope: 132 and 90 bits. */
const CLIENT_LENGTH = 22;
const SCOPE_LENGTH = 15;
/** Scopes come from the configuration, so reloads alone add to them. */
const MAX_SCOPES = 4096;

/** No text starts with it in UTF-8. */
const NO_UTF8 = '\u00ff';

const scopes = new Map<string, string>();

/** A hash that tells all strings apart, also those that UTF-8 does not. */
function hashText(text: string): string {
  const whole = text.isWellFormed() ? text : Buffer.from(NO_UTF8 + text, 'utf16le');
  return hash('sha256', whole, 'base64url');
}

function scopeHash(scope: string): string {
  const known = scopes.get(scope);
  if (known !== undefined) return known;
  if (scopes.size >= MAX_SCOPES) scopes.clear();
  const made = hashText(scope).slice(0, SCOPE_LENGTH);
  scopes.set(scope, made);
  return made;
}

/**
 * The hash of a client, which is the hash tag of its keys: in a cluster all of them are in one slot.
 *
 * Safety: Redis learns no identities; who can read it can try a list of them.
 */
export function clientTag(client: string): string {
  return hashText(client).slice(0, CLIENT_LENGTH);
}

/** Name of the counter of a client in a scope. */
export function counterKey(scope: string, tag: string): string {
  return `${PREFIX}{${tag}}:${scopeHash(scope)}`;
}

/** Name of the set of slots beside a counter. */
export function slotsKey(counter: string): string {
  return `${counter}:slots`;
}

/** What of its limits a hit is counted against. */
export type Part = 'all' | 'counted' | 'slot';

interface RuleTexts {
  readonly all: string;
  readonly counted: string;
  readonly slot: string;
}

const texts = new WeakMap<Limits, RuleTexts>();

/** A rule as the script reads it: everything, windows and bucket, or slots alone. */
export function ruleText(limits: Limits, part: Part): string {
  let made = texts.get(limits);
  if (made === undefined) {
    const { perMinute, perHour, perDay, concurrent, burst } = limits;
    const windows = `${perMinute},${perHour},${perDay}`;
    const bucket =
      burst === null
        ? '0,0,0,0'
        : `${burst.capacity},${burst.intervalMs},${burst.isEnforced ? 1 : 0},${burst.reviewAbove}`;
    made = {
      all: `${windows},${concurrent},${bucket}`,
      counted: `${windows},0,${bucket}`,
      slot: `0,0,0,${concurrent},0,0,0,0`,
    };
    texts.set(limits, made);
  }
  return made[part];
}

/** Whether there is anything but slots to count. */
export function isCounted({ perMinute, perHour, perDay, burst }: Limits): boolean {
  return perMinute > 0 || perHour > 0 || perDay > 0 || burst !== null;
}
