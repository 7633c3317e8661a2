import { hash } from 'node:crypto';

const ORIGIN = /^[a-z][a-z0-9+.-]*:(?:\/\/[A-Za-z0-9.:[\]-]+)?$/;

/**
 * The content security policy of a page: no scripts, its own style only, in no frame.
 *
 * `formOrigins` are where its forms may lead in the end, because browsers hold redirects after a form to the policy, too.
 */
export function policyFor(html: string, formOrigins: readonly string[]): string {
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
    ([, style]) => `'sha256-${hash('sha256', style as string, 'base64')}'`,
  );
  const forms = ["'self'", ...formOrigins.filter((origin) => ORIGIN.test(origin))];
  return [
    "default-src 'none'",
    ...(styles.length === 0 ? [] : [`style-src ${styles.join(' ')}`]),
    "img-src 'self' data:",
    `form-action ${forms.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The policy of what oidc-provider itself writes: a form that submits itself, by a script it names by its hash. */
export const PROVIDER_POLICY = "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'";
