import { isUtf8 } from 'node:buffer';
import type { Bytes } from '../../lib/seclang/bytes.ts';
import { isXss } from '../../lib/seclang/injections/is-xss.ts';
import { leftOutFingerprint } from './left-out.ts';
import { VerdictCache } from './verdict-cache.ts';

/** What we use of the library, whose types stay in this folder. */
interface Library {
  run(data: { readonly ephemeral: Readonly<Record<string, string>> }, timeoutUs: number): LibraryResult;
  dispose(): void;
}
interface LibraryResult {
  readonly timeout: boolean;
  readonly errorCode?: number;
  readonly events?: readonly unknown[];
}
interface LibraryEvent {
  readonly rule_matches: readonly {
    readonly parameters: readonly { readonly highlight: readonly string[] }[];
  }[];
}

/** The one detector that is used, without transformations, which are the engine's business. */
const ADDRESS = 'sql';
const RULES = {
  version: '2.2',
  metadata: { rules_version: '1.0.0' },
  rules: [
    {
      id: ADDRESS,
      name: ADDRESS,
      tags: { type: ADDRESS, category: ADDRESS },
      conditions: [{ operator: 'is_sqli', parameters: { inputs: [{ address: ADDRESS }] } }],
      transformers: [],
    },
  ],
};

/** A call takes microseconds; one that takes this long counts as a match. */
const TIMEOUT_US = 1_000_000;
/** A context keeps what it is given for as long as it lives. */
const RUNS_PER_CONTEXT = 10_000;
/** What a match is called that has no fingerprint: the library did not come to an end. */
const UNFINISHED = '?';

const HIGH_BYTES = /[\x80-\xff]/;
const EVERY_HIGH_BYTE = /[\x80-\xff]/g;

/** Part of a word to the library, and no letter with which a literal or a number can begin. */
const WORD_BYTE = 'z';

/**
 * A value as the string whose UTF-8 the library then sees.
 *
 * Safety: what is not UTF-8 cannot be given as it is. Its bytes above 0x7f are all of one kind for the library, save for
 * 0xa0, which it takes for a space: so a byte of that kind stands for each of them.
 */
function asText(value: Bytes): string {
  if (!HIGH_BYTES.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return value.replace(EVERY_HIGH_BYTE, (byte) => (byte === '\xa0' ? ' ' : WORD_BYTE));
}

/**
 * Tells injections as libinjection does: those of SQL by the one that is compiled into `@datadog/native-appsec`, scripting by a
 * reader of our own.
 */
export class Libinjection {
  readonly #open: () => Library;
  #library: Library;
  #runs = 0;
  readonly #fingerprints = new VerdictCache<string>();
  readonly #lookAgain = (value: Bytes): string => this.#look(value);

  constructor(open: () => Library) {
    this.#open = open;
    this.#library = open();
  }

  /** The fingerprint of a value that is SQL injected; '' for one that is not. At most 4,096 bytes are looked at. */
  sqlFingerprint(value: Bytes): string {
    const known = this.#fingerprints.find(value);
    if (known !== undefined) return known;
    return this.#fingerprints.keep(value, this.#look(value) || leftOutFingerprint(value, this.#lookAgain));
  }

  /** Whether a value is cross-site scripting. */
  isXss(value: Bytes): boolean {
    return isXss(value);
  }

  #look(value: Bytes): string {
    if (++this.#runs > RUNS_PER_CONTEXT) this.#renew();
    const result = this.#library.run({ ephemeral: { [ADDRESS]: asText(value) } }, TIMEOUT_US);
    if (result.timeout || result.errorCode !== undefined) return UNFINISHED;
    const event = result.events?.[0] as LibraryEvent | undefined;
    if (event === undefined) return '';
    return event.rule_matches[0]?.parameters[0]?.highlight[0] ?? UNFINISHED;
  }

  #renew(): void {
    this.#library.dispose();
    this.#library = this.#open();
    this.#runs = 0;
  }
}

/** Loads the library, which is loaded by nobody who runs no rules that want it. Each thread has its own. */
export async function openLibinjection(): Promise<Libinjection> {
  // A CommonJS module: what its types call exports are members of its default export.
  const { default: library } = (await import('@datadog/native-appsec')) as unknown as {
    default: typeof import('@datadog/native-appsec');
  };
  const waf = new library.DDWAF(RULES, 'rules');
  return new Libinjection(() => waf.createContext() as unknown as Library);
}
