import type { RequestContext } from '../../core/context.ts';
import type { Ports } from '../../core/ports.ts';
import type { RuleSet } from '../../core/rule-sets.ts';
import type { RouteFacts } from '../../core/stage.ts';
import { isInRange, type MediaRange, parseMediaRange } from '../../lib/http/media-range.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import type { Overrides, RuleEngine } from '../../lib/seclang/transaction.ts';
import { RouteOverrides, StrictOverrides } from './overrides.ts';
import type { Masking } from './shown-matches.ts';
import type { WafConfig } from './waf.schema.ts';

/** Types of bodies that hold files, or that nobody reads as data. */
const NO_DATA = [
  'multipart/form-data',
  'image/*',
  'audio/*',
  'video/*',
  'font/*',
  'application/octet-stream',
];

const rangesOf = (texts: readonly string[]): MediaRange[] =>
  texts.map((text) => parseMediaRange(text) as MediaRange);

function isAmong(ranges: readonly MediaRange[], type: string): boolean {
  for (const range of ranges) if (isInRange(range, type)) return true;
  return false;
}

/** The type without parameters, in lower case; '' where there is none, or more than one. */
function typeOf(value: string | null): string {
  if (value === null) return '';
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
}

/** What the checks of one route share. */
export class WafRoute {
  readonly engine: RuleEngine;
  readonly routeOverrides: RouteOverrides;
  readonly strictOverrides: Overrides;
  readonly deniesUninspected: boolean;
  readonly budgetMs: number;
  readonly bodyLimitBytes: number;
  readonly dataLimitBytes: number;
  readonly answerLimitBytes: number;
  readonly ports: Ports;
  readonly #allowed: CidrTrie<true> | null;
  readonly #uploads: readonly MediaRange[];
  readonly #files = rangesOf(NO_DATA);
  readonly #answerTypes: readonly MediaRange[];
  readonly #showsValues: boolean;
  readonly #credentialHeaders: readonly string[];

  constructor(config: WafConfig, rules: RuleSet, route: RouteFacts, ports: Ports) {
    this.engine = rules.engine;
    this.routeOverrides = new RouteOverrides(config, rules.rules, ports.wafGovernance);
    this.strictOverrides = new StrictOverrides(this.routeOverrides);
    this.deniesUninspected = config.whenUninspected === 'deny';
    this.budgetMs = config.budgetMs;
    this.bodyLimitBytes = config.bodyLimitBytes;
    this.dataLimitBytes = Math.min(config.dataLimitBytes, config.bodyLimitBytes);
    this.answerLimitBytes = config.responses.limitBytes;
    this.ports = ports;
    this.#allowed = config.allow.length === 0 ? null : new CidrTrie<true>();
    for (const text of config.allow) this.#allowed?.insert(parseCidr(text) as Cidr, true);
    this.#uploads = rangesOf(config.uploads);
    this.#answerTypes = config.responses.inspect ? rangesOf(config.responses.types) : [];
    this.#showsValues = config.matchedValues === 'masked';
    this.#credentialHeaders = route.credentialHeaders;
  }

  isAllowed({ client }: RequestContext): boolean {
    return this.#allowed !== null && this.#allowed.find(client) !== null;
  }

  /** Whether only the beginning of the body is looked at, by name of its type. */
  isUpload({ headers }: RequestContext): boolean {
    if (this.#uploads.length === 0 || headers.count('content-type') !== 1) return false;
    return isAmong(this.#uploads, typeOf(headers.get('content-type')));
  }

  /** The most bytes of a body, before and after inflating. */
  limitBytesOf({ headers }: RequestContext): number {
    const isFiles =
      headers.count('content-type') === 1 && isAmong(this.#files, typeOf(headers.get('content-type')));
    return isFiles ? this.bodyLimitBytes : this.dataLimitBytes;
  }

  /** Whether an answer is of a type that is looked at; a type that is said twice, or not at all, or is none, is. */
  looksAtAnswer({ responseHeaders }: RequestContext): boolean {
    if (this.#answerTypes.length === 0 || responseHeaders === null) return false;
    if (responseHeaders.count('content-type') !== 1) return true;
    const type = typeOf(responseHeaders.get('content-type'));
    // What is no type, or more than one, is what the client makes of it.
    if (!type.includes('/') || type.includes(',')) return true;
    return type !== 'text/event-stream' && isAmong(this.#answerTypes, type);
  }

  /** How matches of a request are shown; names of parameters and cookies that carry credentials here are known. */
  maskingFor({ route }: RequestContext): Masking {
    return {
      showsValues: this.#showsValues,
      credentialHeaders: this.#credentialHeaders,
      parameter: route?.withheldParameter ?? '',
      cookie: route?.withheldCookie ?? '',
    };
  }
}
