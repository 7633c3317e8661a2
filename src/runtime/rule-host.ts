import type { RuleMaterial } from '../config/rule-files.ts';
import type { Countries } from '../core/ports.ts';
import { parseIp } from '../lib/ip/address.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';
import { type Libinjection, openLibinjection } from '../stores/libinjection/libinjection.ts';

/** What operators of rules ask of a thread: countries, and libinjection once a rule set needs it. */
export class RuleHost implements OperatorHost {
  readonly unicodeMap: ReadonlyMap<number, number> = new Map();
  readonly #countries: Countries;
  #library: Libinjection | null = null;

  constructor(countries: Countries) {
    this.#countries = countries;
  }

  /** Opens what the operators of some rule sets need. */
  async prepare(material: Readonly<Record<string, RuleMaterial>>): Promise<void> {
    const isNeeded = Object.values(material).some(({ usesLibinjection }) => usesLibinjection);
    if (isNeeded) this.#library ??= await openLibinjection();
  }

  sqlFingerprint(value: string): string {
    return this.#open().sqlFingerprint(value);
  }

  isXss(value: string): boolean {
    return this.#open().isXss(value);
  }

  countryOf(address: string): string {
    const ip = parseIp(address);
    return ip === null ? '' : this.#countries.find(ip);
  }

  /** What operators name was read with the rules. */
  dataFile(): null {
    return null;
  }

  #open(): Libinjection {
    if (this.#library === null) throw new TypeError('a rule set was compiled before its host was prepared');
    return this.#library;
  }
}
