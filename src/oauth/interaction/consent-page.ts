import { documentOf, hidden } from './document.ts';
import { html, type Markup } from './html.ts';

export interface ConsentView {
  readonly place: string;
  readonly client: string;
  /** Name of the person. */
  readonly person: string;
  readonly scopes: readonly string[];
  /** By resource. */
  readonly resourceScopes: Readonly<Record<string, readonly string[]>>;
  /** Where the browser goes afterwards; '' for a device. */
  readonly destination: string;
  readonly action: string;
  readonly cancelAction: string;
  readonly token: string;
}

/** What the scopes of OpenID Connect mean, for people. */
const MEANINGS: Readonly<Record<string, string>> = {
  openid: 'Know who you are when you sign in',
  profile: 'See your name and your user name',
  email: 'See your e-mail address',
  offline_access: 'Keep this access while you are away',
};

const asked = (scope: string): Markup => {
  const meaning = MEANINGS[scope];
  return meaning === undefined ? html`<li>Use <code>${scope}</code></li>` : html`<li>${meaning}</li>`;
};

const askedOf = (resource: string, scopes: readonly string[]): Markup[] =>
  scopes.map((scope) => html`<li><code>${scope}</code><small>at ${resource}</small></li>`);

/** Asks whether a client may have what it asks for. */
export function consentPage(view: ConsentView): string {
  const { client, person, scopes, resourceScopes, destination } = view;
  const ofResources = new Set(Object.values(resourceScopes).flat());
  const items = [
    ...scopes.filter((scope) => !ofResources.has(scope)).map(asked),
    ...Object.entries(resourceScopes).flatMap(([resource, list]) => askedOf(resource, list)),
  ];
  return documentOf({
    title: `Allow ${client}?`,
    place: view.place,
    body: html`<p class="lead">You are signed in as <strong>${person}</strong>. If you allow it, <strong>${client}</strong> can:</p>
${items.length === 0 ? html`<p>Use what you allowed before.</p>` : html`<ul class="asked">${items}</ul>`}
<p>${destination === '' ? 'The device goes on by itself.' : html`You go on to <strong>${destination}</strong>.`} Allow this only if you came from there yourself. It is remembered while you stay signed in.</p>
<form method="post" action="${view.action}">${hidden('token', view.token)}<button>Allow</button></form>
<form method="post" action="${view.cancelAction}">${hidden('token', view.token)}<button class="plain">Do not allow</button></form>`,
  });
}
