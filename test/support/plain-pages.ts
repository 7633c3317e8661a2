import type { FailureView, PageAnswer, Pages, Visit } from '../../src/oauth/interaction/seam.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML, attribute values included. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] as string);
}

/** A whole document without style and scripts. */
function documentOf(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}

const DEVICE_PROBLEMS = {
  '': '',
  wrong: 'This code is not known, or no longer valid.',
  missing: 'Enter the code.',
  aborted: 'The sign-in of the device was refused.',
  failed: 'This did not work.',
};

/** Tells who may sign in; null for a wrong name or password. */
export type PasswordCheck = (name: string, password: string) => Promise<string | null>;

/** Pages of bare HTML, with sign-in by name and password. */
export function plainPages(checkPassword: PasswordCheck): Pages {
  return {
    answer: (visit) => answer(visit, checkPassword),
    elsewhere: async () => ({ kind: 'missing' }),
    deviceCode: ({ action, xsrf, problem }) =>
      documentOf(
        'Connect a device',
        `<p>${DEVICE_PROBLEMS[problem]}</p><form method="post" action="${action}"><input type="hidden" name="xsrf" value="${xsrf}"><input name="user_code"><button type="submit">Continue</button></form>`,
      ),
    deviceConfirm: ({ action, xsrf, client, userCode }) =>
      documentOf(
        'Connect a device',
        `<p>${escapeHtml(client)} shows this code: <code>${escapeHtml(userCode)}</code></p><form method="post" action="${action}"><input type="hidden" name="xsrf" value="${xsrf}"><input type="hidden" name="user_code" value="${escapeHtml(userCode)}"><button type="submit" name="confirm" value="yes">Continue</button><button type="submit" name="abort" value="yes">Refuse</button></form>`,
      ),
    deviceDone: ({ client }) => documentOf('Connected', `<p>Go back to ${escapeHtml(client)}.</p>`),
    logout: ({ action, xsrf }) =>
      documentOf(
        'Sign out',
        `<form method="post" action="${action}"><input type="hidden" name="xsrf" value="${xsrf}"><button type="submit" name="logout" value="yes">Sign out</button><button type="submit">Stay</button></form>`,
      ),
    loggedOut: () => documentOf('Signed out', ''),
    failure: ({ error, description }: FailureView) =>
      documentOf('This did not work', `<p>${escapeHtml(description)} (${escapeHtml(error)})</p>`),
  };
}

async function answer(visit: Visit, checkPassword: PasswordCheck): Promise<PageAnswer> {
  const { interaction, method, form } = visit;
  if (interaction === null || visit.path !== '') return { kind: 'missing' };
  if (method === 'POST' && form.has('abort')) return { kind: 'abort' };
  if (interaction.prompt === 'consent') {
    if (method === 'POST') return { kind: 'consent' };
    const scopes = [...interaction.scopes, ...Object.values(interaction.resourceScopes).flat()];
    return page(visit, 200, consentForm(interaction.client.name, scopes));
  }
  if (method !== 'POST') return page(visit, 200, loginForm(''));
  const accountId = await checkPassword(form.get('login') ?? '', form.get('password') ?? '');
  if (accountId === null) return page(visit, 401, loginForm('The name or the password is wrong.'));
  return {
    kind: 'login',
    login: { accountId, amr: ['pwd'], acr: '', remember: false, atS: Math.floor(Date.now() / 1000) },
  };
}

function page({ interaction }: Visit, status: number, html: string): PageAnswer {
  const origin = interaction?.redirectOrigin ?? '';
  return { kind: 'page', status, html, formOrigins: origin === '' ? [] : [origin] };
}

function loginForm(problem: string): string {
  return documentOf(
    'Sign in',
    `<p>${escapeHtml(problem)}</p><form method="post"><input name="login" autocomplete="username" required><input name="password" type="password" autocomplete="current-password" required><button type="submit">Sign in</button></form>`,
  );
}

function consentForm(client: string, scopes: readonly string[]): string {
  const items = scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join('');
  return documentOf(
    'Allow access',
    `<p>${escapeHtml(client)} asks for:</p><ul>${items}</ul><form method="post"><button type="submit">Allow</button><button type="submit" name="abort" value="yes">Refuse</button></form>`,
  );
}
