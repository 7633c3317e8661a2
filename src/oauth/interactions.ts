import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import { Unavailable } from '../core/errors.ts';
import type { FailureView, PageAnswer, Pages, Visit } from './interaction/seam.ts';
import { describeInteraction, grantAll, type InteractionDetails } from './interaction-details.ts';
import { policyFor } from './page-policy.ts';
import { readForm } from './read-form.ts';

type Middleware = Parameters<Provider['use']>[0];
type Context = Parameters<Middleware>[0];
type Next = Parameters<Middleware>[1];

const INTERACTION = /^\/interaction\/([A-Za-z0-9_-]{10,128})(\/.*)?$/;

const EXPIRED: FailureView = {
  status: 400,
  error: 'invalid_request',
  description:
    'This sign-in has expired or was begun in another browser. Go back to the application and start again.',
};
const UNAVAILABLE: FailureView = {
  status: 503,
  error: 'temporarily_unavailable',
  description: 'Signing in does not work now. Try again later.',
};

/** Serves the pages that people see between the steps of the provider. */
export class Interactions {
  readonly #provider: Provider;
  readonly #pages: Pages;
  readonly #onBug: (error: unknown) => void;

  constructor(provider: Provider, pages: Pages, onBug: (error: unknown) => void) {
    this.#provider = provider;
    this.#pages = pages;
    this.#onBug = onBug;
  }

  /** Koa middleware: takes what is below `/interaction/`, and what nobody took. */
  async handle(ctx: Context, next: Next): Promise<void> {
    const match = INTERACTION.exec(ctx.path);
    if (match === null) {
      await next();
      if (ctx.status !== 404 || (ctx.body !== undefined && ctx.body !== null)) return;
      return this.#guarded(ctx, () => this.#elsewhere(ctx));
    }
    return this.#guarded(ctx, () => this.#interact(ctx, match[1] as string, match[2] ?? ''));
  }

  async #guarded(ctx: Context, run: () => Promise<void>): Promise<void> {
    ctx.set('Cache-Control', 'no-store');
    try {
      await run();
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return this.#fail(ctx, EXPIRED);
      const status = (error as { statusCode?: unknown }).statusCode;
      if (error instanceof Unavailable || status === 503) return this.#fail(ctx, UNAVAILABLE);
      this.#onBug(error);
      this.#fail(ctx, { status: 500, error: 'server_error', description: 'Something went wrong.' });
    }
  }

  async #interact(ctx: Context, uid: string, path: string): Promise<void> {
    const details = (await this.#provider.interactionDetails(ctx.req, ctx.res)) as InteractionDetails;
    // The cookie says which one is this browser's; the path is only where it is shown.
    if (details.uid !== uid) return this.#fail(ctx, EXPIRED);
    const interaction = await describeInteraction(this.#provider, details);
    if (interaction === null) return this.#fail(ctx, EXPIRED);
    const answer = await this.#pages.answer(await this.#visitOf(ctx, path, interaction));
    await this.#carryOut(ctx, answer, details);
  }

  async #elsewhere(ctx: Context): Promise<void> {
    if (ctx.method !== 'GET' && ctx.method !== 'POST') return;
    await this.#carryOut(ctx, await this.#pages.elsewhere(await this.#visitOf(ctx, ctx.path, null)), null);
  }

  async #visitOf(ctx: Context, path: string, interaction: Visit['interaction']): Promise<Visit> {
    const isPost = ctx.method === 'POST';
    return {
      method: isPost ? 'POST' : 'GET',
      path,
      query: new URLSearchParams(ctx.querystring),
      form: isPost ? await readForm(ctx.req) : new URLSearchParams(),
      cookies: cookiesOf(ctx.get('cookie')),
      clientAddress: ctx.ip,
      userAgent: ctx.get('user-agent'),
      interaction,
      urlOf: (below) => `${this.#provider.issuer}${below}`,
    };
  }

  async #carryOut(ctx: Context, answer: PageAnswer, details: InteractionDetails | null): Promise<void> {
    if (answer.kind === 'page' || answer.kind === 'redirect') return show(ctx, answer);
    if (answer.kind === 'missing' || details === null) {
      return this.#fail(ctx, { status: 404, error: 'not_found', description: 'There is nothing here.' });
    }
    const returnTo = await this.#provider.interactionResult(
      ctx.req,
      ctx.res,
      await this.#resultOf(answer, details),
      { mergeWithLastSubmission: answer.kind === 'consent' },
    );
    ctx.status = 303;
    ctx.redirect(returnTo);
  }

  async #resultOf(
    answer: Extract<PageAnswer, { kind: 'login' | 'consent' | 'abort' }>,
    details: InteractionDetails,
  ) {
    if (answer.kind === 'abort') {
      return { error: 'access_denied', error_description: 'the user refused' };
    }
    if (answer.kind === 'consent') return { consent: await grantAll(this.#provider, details) };
    const { accountId, amr, acr, remember, atS: ts } = answer.login;
    // Without a time the sign-in would be as old as the way back to the client, which the browser may put off.
    return { login: { accountId, amr: [...amr], remember, ts, ...(acr === '' ? {} : { acr }) } };
  }

  #fail(ctx: Context, view: FailureView): void {
    show(ctx, { kind: 'page', status: view.status, html: this.#pages.failure(view) });
  }
}

function show(ctx: Context, answer: Extract<PageAnswer, { kind: 'page' | 'redirect' }>): void {
  for (const [name, value] of answer.headers ?? []) ctx.append(name, value);
  if (answer.kind === 'redirect') {
    ctx.status = 303;
    ctx.redirect(answer.location);
    return;
  }
  ctx.status = answer.status;
  ctx.type = 'html';
  ctx.set('Content-Security-Policy', policyFor(answer.html, answer.formOrigins ?? []));
  ctx.body = answer.html;
}

function cookiesOf(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return cookies;
}
