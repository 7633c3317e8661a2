import type {
  ExceptionPlace,
  ExceptionSubject,
  ExceptionUpdate,
  LimitException,
  LimitExceptions,
} from '../../core/limit-exceptions.ts';
import type { Principal } from '../../core/principal.ts';
import type { Ip } from '../../lib/ip/address.ts';
import { parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';

/** The exceptions for one subject, in the order in which they win. */
type Candidates = readonly LimitException[];
/** By issuer, then by value. */
type Names = ReadonlyMap<string, ReadonlyMap<string, Candidates>>;

/** All exceptions, laid out so that none has to be looked at that is for somebody else. */
interface Index {
  readonly names: Readonly<Record<Exclude<ExceptionSubject, 'address'>, Names>>;
  /** The exceptions of a network and of every one around it, the longest first. */
  readonly networks: CidrTrie<Candidates>;
}

/**
 * The exceptions of one thread, in memory; whoever owns the store feeds it.
 *
 * Safety: whom an exception is for is compared as a whole, and under the kind that it was made for: the owner of a key
 * and a user of the same name are two, and so are users of two issuers. It ends by the clock of whoever asks, so
 * nothing has to run for it to end.
 */
export class MemoryLimitExceptions implements LimitExceptions {
  readonly #byId = new Map<string, LimitException>();
  #index: Index;

  constructor(records: readonly LimitException[] = []) {
    for (const record of records) this.#byId.set(record.id, record);
    this.#index = indexOf(this.#byId.values());
  }

  find(
    principal: Principal | null,
    address: Ip,
    place: ExceptionPlace,
    nowMs: number,
  ): LimitException | null {
    if (this.#byId.size === 0) return null;
    const { names, networks } = this.#index;
    return (
      (principal === null ? null : ofPrincipal(names, principal, place, nowMs)) ??
      first(networks.find(address), place, nowMs)
    );
  }

  update({ records, deleted, isAll }: ExceptionUpdate): void {
    if (isAll) this.#byId.clear();
    for (const record of records) this.#byId.set(record.id, record);
    for (const id of deleted) this.#byId.delete(id);
    this.#index = indexOf(this.#byId.values());
  }
}

/** In the order of `EXCEPTION_SUBJECTS`. */
function ofPrincipal(
  { key, user, 'key-owner': owner, client, tenant }: Index['names'],
  { method, keyId, issuer, subject, clientId, attributes }: Principal,
  place: ExceptionPlace,
  nowMs: number,
): LimitException | null {
  const isKey = method === 'apiKey';
  return (
    first(named(key, '', keyId), place, nowMs) ??
    (isKey ? null : first(named(user, issuer, subject), place, nowMs)) ??
    (isKey ? first(named(owner, '', subject), place, nowMs) : null) ??
    first(named(client, issuer, clientId), place, nowMs) ??
    first(named(tenant, issuer, attributes.tenant), place, nowMs)
  );
}

function named(names: Names, issuer: string, value: string): Candidates | null {
  return value === '' || names.size === 0 ? null : (names.get(issuer)?.get(value) ?? null);
}

/** The first that is about the place and not over. */
function first(candidates: Candidates | null, place: ExceptionPlace, nowMs: number): LimitException | null {
  if (candidates === null) return null;
  for (let i = 0; i < candidates.length; i++) {
    const one = candidates[i] as LimitException;
    if (nowMs < one.expiresAtMs && isAbout(one, place)) return one;
  }
  return null;
}

function isAbout({ api, endpoint, limit }: LimitException, place: ExceptionPlace): boolean {
  return (
    limit === place.limit &&
    (api === '' || api === place.api) &&
    (endpoint === '' || endpoint === place.endpoint)
  );
}

function indexOf(records: Iterable<LimitException>): Index {
  const sorted = [...records].sort(moreSpecificFirst);
  const names = {
    key: namesOf(sorted, 'key'),
    user: namesOf(sorted, 'user'),
    'key-owner': namesOf(sorted, 'key-owner'),
    client: namesOf(sorted, 'client'),
    tenant: namesOf(sorted, 'tenant'),
  };
  return { names, networks: networksOf(sorted) };
}

function moreSpecificFirst(a: LimitException, b: LimitException): number {
  const weightOf = ({ api, endpoint }: LimitException) => (endpoint === '' ? 0 : 2) + (api === '' ? 0 : 1);
  return weightOf(b) - weightOf(a) || b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1);
}

function namesOf(sorted: Candidates, subject: ExceptionSubject): Names {
  const names = new Map<string, Map<string, LimitException[]>>();
  for (const one of sorted) {
    if (one.subject !== subject) continue;
    const values = names.get(one.issuer) ?? new Map<string, LimitException[]>();
    names.set(one.issuer, values);
    const list = values.get(one.value) ?? [];
    values.set(one.value, list);
    list.push(one);
  }
  return names;
}

/** Each network has also the exceptions of those around it: one look finds them all. */
function networksOf(sorted: Candidates): CidrTrie<Candidates> {
  const own = new Map<string, LimitException[]>();
  for (const one of sorted) {
    if (one.subject !== 'address') continue;
    const list = own.get(one.value) ?? [];
    own.set(one.value, list);
    list.push(one);
  }
  const found = [...own].flatMap(([text, list]) => {
    const cidr = parseCidr(text);
    return cidr === null ? [] : [{ cidr, list }];
  });
  const trie = new CidrTrie<Candidates>();
  // Shorter networks first, so that what is around one is there already.
  for (const { cidr, list } of found.sort((a, b) => a.cidr.bits - b.cidr.bits)) {
    trie.insert(cidr, [...list, ...(trie.find(cidr.ip) ?? [])]);
  }
  return trie;
}
