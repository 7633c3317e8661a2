import type { Principal } from '../../core/principal.ts';
import type { IdentityHeaders } from '../../core/route.ts';
import { fieldLineOf } from '../../lib/http/field-lines.ts';
import { percentEncode } from '../../lib/text/percent.ts';
import type { IdentityField, IdentityHeadersConfig } from './identity-headers.schema.ts';

/** THE TABLE of what each field tells: the items of a list, or one text. */
const VALUES: Readonly<Record<IdentityField, (principal: Principal) => string | Iterable<string>>> = {
  subject: ({ subject }) => subject,
  client: ({ clientId }) => clientId,
  type: ({ type }) => type,
  scopes: ({ scopes }) => scopes,
  roles: ({ roles }) => roles,
  tier: ({ tier }) => tier,
  credentialId: ({ credentialId }) => credentialId,
  issuer: ({ issuer }) => issuer,
  methods: ({ methods }) => methods,
  mfa: ({ attributes }) => String(attributes.mfa),
  acr: ({ attributes }) => attributes.acr,
  amr: ({ attributes }) => attributes.amr,
  department: ({ attributes }) => attributes.department,
  clearance: ({ attributes }) => attributes.clearance,
  tenant: ({ attributes }) => attributes.tenant,
};

function textFor(principal: Principal, field: IdentityField): string {
  const value = VALUES[field](principal);
  return typeof value === 'string' ? percentEncode(value) : [...value].map(percentEncode).join(' ');
}

/**
 * Writes who is asking into header fields for the upstream.
 *
 * Cost: once per principal, which is remembered for as long as the principal is.
 * Safety: every value is percent-encoded, so that no text of a credential can end its line or add an item to a list.
 */
class PrincipalHeaders implements IdentityHeaders {
  readonly #headers: readonly (readonly [string, IdentityField])[];
  readonly #lines = new WeakMap<Principal, string>();

  constructor(config: IdentityHeadersConfig) {
    this.#headers = Object.entries(config);
  }

  linesFor(principal: Principal): string {
    let lines = this.#lines.get(principal);
    if (lines === undefined) {
      lines = '';
      for (const [name, field] of this.#headers) {
        const value = textFor(principal, field);
        if (value !== '') lines += fieldLineOf(name, value).text;
      }
      this.#lines.set(principal, lines);
    }
    return lines;
  }
}

/** Compiles the header fields of a route; null when there are none. */
export function compileIdentityHeaders(config: IdentityHeadersConfig): IdentityHeaders | null {
  return Object.keys(config).length === 0 ? null : new PrincipalHeaders(config);
}
