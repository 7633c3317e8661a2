import type { Configuration, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { Pages, ServerForm } from './interaction/seam.ts';
import { policyFor } from './page-policy.ts';

/** The pages as oidc-provider calls for them: each puts a document into the answer under way. */
export interface PageSources {
  deviceCode(ctx: KoaContextWithOIDC, error?: Error): void;
  deviceConfirm(ctx: KoaContextWithOIDC, userCode: string): void;
  deviceDone(ctx: KoaContextWithOIDC): void;
  logout(ctx: KoaContextWithOIDC): void;
  loggedOut(ctx: KoaContextWithOIDC): void;
  failure(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): void;
}

const nameOf = ({ oidc: { client } }: KoaContextWithOIDC): string =>
  client?.clientName ?? client?.clientId ?? '';

function send(ctx: KoaContextWithOIDC, html: string, formOrigins: readonly string[] = []): void {
  ctx.type = 'html';
  ctx.set('Content-Security-Policy', policyFor(html, formOrigins));
  ctx.body = html;
}

function deviceProblem(error: (Error & { userCode?: string }) | undefined) {
  if (error === undefined) return '';
  if (error.name === 'NoCodeError') return 'missing';
  if (error.name === 'AbortedError') return 'aborted';
  return error.userCode === undefined ? 'failed' : 'wrong';
}

/** What a session remembers of the form that is shown. */
interface FormState {
  readonly secret: string;
  readonly postLogoutRedirectUri?: string;
}

const stateOf = ({ oidc }: KoaContextWithOIDC): FormState =>
  (oidc.session as unknown as { state: FormState }).state;

/** A form of the provider, as people's pages draw it. */
function formOf(ctx: KoaContextWithOIDC, route: string): ServerForm {
  return { action: ctx.oidc.urlFor(route), xsrf: stateOf(ctx).secret };
}

/** Safety: a code that is guessed is a failure by its status, so that guesses can be counted. */
function showDeviceCode(ctx: KoaContextWithOIDC, pages: Pages, error: Error | undefined): void {
  const problem = deviceProblem(error);
  if (problem === 'wrong' || problem === 'missing') ctx.status = 400;
  send(ctx, pages.deviceCode({ ...formOf(ctx, 'code_verification'), problem }));
}

function showLogout(ctx: KoaContextWithOIDC, pages: Pages): void {
  const url = URL.parse(stateOf(ctx).postLogoutRedirectUri ?? '');
  const destination = url === null ? '' : url.origin === 'null' ? url.protocol : url.origin;
  const html = pages.logout({ ...formOf(ctx, 'end_session_confirm'), destination });
  send(ctx, html, destination === '' ? [] : [destination]);
}

/** Fits the pages to oidc-provider. */
export function pageSources(pages: Pages): PageSources {
  return {
    deviceCode: (ctx, error) => showDeviceCode(ctx, pages, error),
    deviceConfirm: (ctx, userCode) => {
      const view = { ...formOf(ctx, 'code_verification'), client: nameOf(ctx), userCode };
      send(ctx, pages.deviceConfirm(view));
    },
    deviceDone: (ctx) => send(ctx, pages.deviceDone({ client: nameOf(ctx) })),
    logout: (ctx) => showLogout(ctx, pages),
    loggedOut: (ctx) => send(ctx, pages.loggedOut({ client: nameOf(ctx) })),
    failure: (ctx, { error, error_description: description = '' }) =>
      send(ctx, pages.failure({ status: ctx.status, error, description })),
  };
}

/** Polling devices stay below the limit of the token endpoint. */
export const DEVICE_INTERVAL_S = 10;

/** The device grant (RFC 8628): eight letters that are hard to mistake. */
export function deviceFlow(sources: PageSources): NonNullable<Configuration['features']>['deviceFlow'] {
  return {
    enabled: true,
    charset: 'base-20',
    mask: '****-****',
    deviceInfo: () => ({}),
    userCodeInputSource: async (ctx, _form, _out, error) => sources.deviceCode(ctx, error),
    userCodeConfirmSource: async (ctx, _form, _client, _info, userCode) =>
      sources.deviceConfirm(ctx, userCode),
    successSource: async (ctx) => sources.deviceDone(ctx),
  };
}
