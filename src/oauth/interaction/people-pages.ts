import type { UserStore } from '../../core/users.ts';
import { constantEquals } from '../../lib/text/constant-equals.ts';
import type { Federation } from '../federation/federation.ts';
import type { Vault } from '../vault.ts';
import { consentPage } from './consent-page.ts';
import type { InteractionView, PageAnswer, Pages, Visit } from './seam.ts';
import type { SignInSteps } from './sign-in-steps.ts';
import {
  deviceCodePage,
  deviceConfirmPage,
  deviceDonePage,
  failurePage,
  loggedOutPage,
  logoutPage,
} from './single-pages.ts';

export interface PeopleParts {
  /** Below each page: whose server this is. */
  readonly place: string;
  readonly users: UserStore;
  readonly vault: Pick<Vault, 'hash'>;
  readonly steps: SignInSteps;
  readonly federation: Federation;
}

/** A visit that is part of an interaction. */
export interface InteractionVisit extends Visit {
  readonly interaction: InteractionView;
}

const FEDERATED = /^\/federation\/([a-z0-9-]{1,63})$/;

/** Where the forms of an interaction go, and the token that they must come back with. */
export interface Forms {
  readonly token: string;
  urlOf(path: string): string;
  /** Origins that the forms may lead to in the end. */
  readonly origins: readonly string[];
}

/** The pages that people see, and what their forms do. */
export function peoplePages(parts: PeopleParts): Pages {
  const { place, federation } = parts;
  return {
    answer: (visit) => answer(parts, visit),
    elsewhere: async (visit) => federation.returned(visit),
    deviceCode: ({ problem, ...form }) => deviceCodePage(place, form, problem),
    deviceConfirm: ({ client, userCode, ...form }) => deviceConfirmPage(place, form, { client, userCode }),
    deviceDone: ({ client }) => deviceDonePage(place, client),
    logout: (form) => logoutPage(place, form),
    loggedOut: ({ client }) => loggedOutPage(place, client),
    failure: (view) => failurePage(place, view),
  };
}

/** Safety: the token is a keyed hash of the interaction's id, so that a form made elsewhere lacks it. */
function formsOf({ vault }: PeopleParts, visit: InteractionVisit): Forms {
  const { uid, redirectOrigin } = visit.interaction;
  return {
    token: vault.hash('form', uid),
    urlOf: (path) => visit.urlOf(`/interaction/${uid}${path}`),
    origins: redirectOrigin === '' ? [] : [redirectOrigin],
  };
}

async function answer(parts: PeopleParts, visit: Visit): Promise<PageAnswer> {
  if (visit.interaction === null) return { kind: 'missing' };
  const inside: InteractionVisit = { ...visit, interaction: visit.interaction };
  const forms = formsOf(parts, inside);
  if (visit.method === 'GET') return show(parts, inside, forms);
  if (!constantEquals(visit.form.get('token') ?? '', forms.token)) {
    return pageOf(403, failurePage(parts.place, FORGED), forms);
  }
  if (visit.path === '/cancel') return { kind: 'abort' };
  if (visit.interaction.prompt === 'login') return parts.steps.take(inside, forms);
  // Every other form belongs to a sign-in that is over.
  return visit.path === '/consent' ? { kind: 'consent' } : { kind: 'redirect', location: forms.urlOf('') };
}

const FORGED = {
  status: 403,
  error: 'invalid_request',
  description: 'This form was not sent by the page that it belongs to.',
};

async function show(parts: PeopleParts, visit: InteractionVisit, forms: Forms): Promise<PageAnswer> {
  const { interaction, path } = visit;
  if (interaction.prompt === 'login') {
    const [, providerId = ''] = FEDERATED.exec(path) ?? [];
    if (providerId !== '') return parts.steps.federated(visit, forms, providerId);
    return path === '' ? parts.steps.begin(visit, forms) : { kind: 'redirect', location: forms.urlOf('') };
  }
  if (path !== '') return { kind: 'redirect', location: forms.urlOf('') };
  const user = await parts.users.find(interaction.accountId);
  const html = consentPage({
    place: parts.place,
    client: interaction.client.name,
    person: user === null ? '' : user.displayName || user.name,
    scopes: interaction.scopes,
    resourceScopes: interaction.resourceScopes,
    destination: interaction.redirectOrigin,
    action: forms.urlOf('/consent'),
    cancelAction: forms.urlOf('/cancel'),
    token: forms.token,
  });
  return pageOf(200, html, forms);
}

/** A page whose forms may lead to where the interaction goes on. */
export function pageOf(status: number, html: string, { origins }: Forms): PageAnswer {
  return { kind: 'page', status, html, formOrigins: origins };
}
