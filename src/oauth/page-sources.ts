import type { Configuration, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { Pages } from './interaction/seam.ts';

/** The pages as oidc-provider calls for them: each puts a document into the answer under way. */
export interface PageSources {
  deviceCode(ctx: KoaContextWithOIDC, form: string, out?: ErrorOut, error?: Error): void;
  deviceConfirm(ctx: KoaContextWithOIDC, form: string, userCode: string): void;
  deviceDone(ctx: KoaContextWithOIDC): void;
  logout(ctx: KoaContextWithOIDC, form: string): void;
  loggedOut(ctx: KoaContextWithOIDC): void;
  failure(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): void;
}

const nameOf = ({ oidc: { client } }: KoaContextWithOIDC): string =>
  client?.clientName ?? client?.clientId ?? '';

function send(ctx: KoaContextWithOIDC, html: string): void {
  ctx.type = 'html';
  ctx.body = html;
}

function deviceProblem(error: (Error & { userCode?: string }) | undefined) {
  if (error === undefined) return '';
  if (error.name === 'NoCodeError') return 'missing';
  if (error.name === 'AbortedError') return 'aborted';
  return error.userCode === undefined ? 'failed' : 'wrong';
}

/** Event handlers in markup, which the content security policy stops anyway. */
const withoutHandlers = (form: string): string => form.replace(/ on[a-z]+="[^"]*"/g, '');

/** Fits the pages to oidc-provider. */
export function pageSources(pages: Pages): PageSources {
  return {
    deviceCode: (ctx, form, _out, error) =>
      send(ctx, pages.deviceCode({ form: withoutHandlers(form), problem: deviceProblem(error) })),
    deviceConfirm: (ctx, form, userCode) =>
      send(ctx, pages.deviceConfirm({ form, client: nameOf(ctx), userCode })),
    deviceDone: (ctx) => send(ctx, pages.deviceDone({ client: nameOf(ctx) })),
    logout: (ctx, form) => send(ctx, pages.logout({ form })),
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
    userCodeInputSource: async (ctx, form, out, error) => sources.deviceCode(ctx, form, out, error),
    userCodeConfirmSource: async (ctx, form, _client, _info, userCode) =>
      sources.deviceConfirm(ctx, form, userCode),
    successSource: async (ctx) => sources.deviceDone(ctx),
  };
}
