import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Check, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { CREDENTIAL_NAMES, findCredentialName } from './credential-names.ts';
import { type ProtocolConfig, protocolSchema } from './protocol.schema.ts';
import { findRepeatedField, SINGLE_FIELDS } from './single-fields.ts';

const EXPECTATION = deny('protocol.expectation');
const REPEATED = new Map(
  SINGLE_FIELDS.map((name) => [name, deny('protocol.field', { detail: `more than one ${name} field` })]),
);
/** Safety: built from the table of names, so nothing of the query can reach the journal. */
const IN_URL = new Map(
  CREDENTIAL_NAMES.map((name) => [
    name,
    deny('protocol.credentials-in-url', {
      detail: `a query parameter is named like the credential "${name}"`,
    }),
  ]),
);

class ProtocolCheck implements Check {
  readonly #methods: ReadonlySet<string>;
  readonly #badMethod: Decision;
  readonly #refusesCredentials: boolean;

  constructor(config: ProtocolConfig) {
    this.#methods = new Set(config.methods);
    const allow = config.methods.join(', ');
    // RFC 9110, 15.5.6: a 405 must name the methods that are allowed
    this.#badMethod = deny('protocol.method', { headers: ['Allow', allow], detail: `not one of ${allow}` });
    this.#refusesCredentials = config.credentialsInUrl === 'refuse';
  }

  run(ctx: RequestContext): Decision {
    if (!this.#methods.has(ctx.method)) return this.#badMethod;
    const repeated = findRepeatedField(ctx.headers);
    if (repeated !== '') return REPEATED.get(repeated) as Decision;
    if (!isMet(ctx)) return EXPECTATION;
    if (!this.#refusesCredentials || ctx.query === '') return CONTINUE;
    const name = findCredentialName(ctx.query);
    return name === '' ? CONTINUE : (IN_URL.get(name) as Decision);
  }
}

/** Whether every Expect line asks for 100-continue and nothing else (RFC 9110, 10.1.1). */
function isMet(ctx: RequestContext): boolean {
  const { names, values } = ctx.headers;
  for (let i = names.indexOf('expect'); i >= 0; i = names.indexOf('expect', i + 1)) {
    if ((values[i] as string).toLowerCase() !== '100-continue') return false;
  }
  return true;
}

function compile(config: ProtocolConfig): StageChecks {
  return { head: new ProtocolCheck(config) };
}

function weaknesses(config: ProtocolConfig): readonly Weakness[] {
  if (config.credentialsInUrl === 'refuse') return [];
  return [
    {
      pointer: '/credentialsInUrl',
      message:
        'Credentials in URLs end up in logs, browser histories and Referer fields; set it to `refuse`.',
    },
  ];
}

/** Refuses what is valid HTTP but not let in: methods, repeated fields, expectations, credentials in the URL. */
export const protocol: Stage<ProtocolConfig> = {
  name: 'protocol',
  key: 'protocol',
  schema: protocolSchema,
  compile,
  weaknesses,
};
