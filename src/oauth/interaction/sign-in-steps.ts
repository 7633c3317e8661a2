import type { Clock } from '../../core/ports.ts';
import type { UserRecord, UserStore } from '../../core/users.ts';
import type { Federation, FederationFailure } from '../federation/federation.ts';
import type { SignIn, SignInFault } from '../users/sign-in.ts';
import { totpUri } from '../users/totp.ts';
import { acrOf, needsCode, STEP_UP } from './assurance.ts';
import { codePage, enrolPage, recoveryPage } from './code-pages.ts';
import { loginPage } from './login-page.ts';
import { type Forms, type InteractionVisit, pageOf } from './people-pages.ts';
import { qrImage } from './qr-image.ts';
import type { PageAnswer } from './seam.ts';
import type { SignInState, SignInStates } from './sign-in-state.ts';

/** What the log says of a sign-in; never what was typed. */
export interface SignInEvent {
  readonly outcome: 'success' | 'failure';
  readonly step: 'password' | 'code' | 'enrolment' | 'federation';
  readonly fault: SignInFault | 'federation' | '';
  /** '' where nobody is known by what was typed. */
  readonly userId: string;
  readonly clientId: string;
  readonly clientAddress: string;
}

export interface SignInStepsParts {
  readonly place: string;
  readonly users: UserStore;
  readonly signIn: SignIn;
  readonly states: SignInStates;
  readonly federation: Federation;
  readonly clock: Clock;
  /** Whether people have passwords here at all. */
  readonly hasPasswords: boolean;
  /** Whether everybody must have a second factor. */
  readonly isMfaRequired: boolean;
  readonly note: (event: SignInEvent) => void;
}

/** The same for every way to be wrong: it must not tell which users there are, nor who is paused. */
const WRONG_PASSWORD =
  'This did not match. Check user name and password. After several failures in a row, signing in pauses for a while.';
const WRONG_CODE =
  'This code is not right, or was used before. Wait for the next one. After several failures in a row, signing in pauses for a while.';
const TOO_LATE = 'This took too long, or the account changed meanwhile. Please sign in again.';

/** The steps of signing in: password or another provider, then a code where one is asked for. */
export class SignInSteps {
  readonly #parts: SignInStepsParts;

  constructor(parts: SignInStepsParts) {
    this.#parts = parts;
  }

  /** The first page: for somebody who is signed in and lacks a factor only, that of the code. */
  async begin(visit: InteractionVisit, forms: Forms): Promise<PageAnswer> {
    const { accountId, amr, reasons, loginHint } = visit.interaction;
    const lacksFactor = accountId !== '' && amr.length > 0 && reasons.every((reason) => reason === STEP_UP);
    const user = lacksFactor ? await this.#parts.users.find(accountId) : null;
    if (user === null || user.disabledAtMs !== 0) return this.#loginPage(visit, forms, 200, '', loginHint);
    return this.#askForCode(visit, forms, this.#parts.states.begin(user, amr, false), user);
  }

  /** A form that was sent. */
  async take(visit: InteractionVisit, forms: Forms): Promise<PageAnswer> {
    if (visit.path === '/login') return this.#password(visit, forms);
    const state = this.#parts.states.open(visit.interaction.uid, visit.form.get('state') ?? '');
    const user = state === null ? null : await this.#userOf(state);
    if (state === null || user === null) return this.#loginPage(visit, forms, 400, TOO_LATE, '');
    if (visit.path === '/code' && user.totpSecret !== '') return this.#code(visit, forms, state, user);
    if (visit.path === '/enrol' && state.newSecret !== '') return this.#enrol(visit, forms, state, user);
    if (visit.path === '/finish' && state.isComplete) return this.#finished(state);
    return { kind: 'redirect', location: forms.urlOf('') };
  }

  /** Goes to another provider, or comes back from it. */
  async federated(visit: InteractionVisit, forms: Forms, providerId: string): Promise<PageAnswer> {
    const { federation, states } = this.#parts;
    const { query, interaction } = visit;
    if (!query.has('state')) {
      const departure = await federation.depart(visit, providerId);
      return 'kind' in departure ? departure : this.#turnedAway(visit, forms, departure);
    }
    const result = await federation.arrive(visit, providerId);
    if (!result.isOk) return this.#turnedAway(visit, forms, result);
    const state = states.begin(result.user, result.amr, false);
    return this.#afterFirstFactor(visit, forms, state, result.user, interaction.acrValues);
  }

  #turnedAway(visit: InteractionVisit, forms: Forms, { status, sentence }: FederationFailure): PageAnswer {
    this.#note(visit, 'failure', 'federation', 'federation', '');
    return this.#loginPage(visit, forms, status, sentence, '');
  }

  async #password(visit: InteractionVisit, forms: Forms): Promise<PageAnswer> {
    const { form, interaction } = visit;
    const name = form.get('name') ?? '';
    if (!this.#parts.hasPasswords) return { kind: 'missing' };
    const result = await this.#parts.signIn.checkPassword(name, form.get('password') ?? '');
    if (!result.isOk) {
      this.#note(visit, 'failure', 'password', result.fault, result.userId);
      return this.#loginPage(visit, forms, 401, WRONG_PASSWORD, name);
    }
    const state = this.#parts.states.begin(result.user, ['pwd'], form.get('remember') === 'yes');
    return this.#afterFirstFactor(visit, forms, state, result.user, interaction.acrValues);
  }

  async #afterFirstFactor(
    visit: InteractionVisit,
    forms: Forms,
    state: SignInState,
    user: UserRecord,
    acrValues: readonly string[],
  ): Promise<PageAnswer> {
    const { signIn, isMfaRequired } = this.#parts;
    if (!needsCode(user, state.amr, acrValues, isMfaRequired)) {
      await signIn.complete(user.id);
      this.#note(visit, 'success', state.amr.includes('pwd') ? 'password' : 'federation', '', user.id);
      return this.#finished(state);
    }
    // A form had a password in it, for which an attempt was counted; a way back from a provider had none.
    if (visit.method === 'POST') await signIn.passwordWasRight(user.id);
    return this.#askForCode(visit, forms, state, user);
  }

  #askForCode(visit: InteractionVisit, forms: Forms, state: SignInState, user: UserRecord): PageAnswer {
    if (user.totpSecret !== '') return this.#codePage(visit, forms, state, 200, '');
    const newSecret = this.#parts.signIn.newSecret(user.id);
    return this.#enrolPage(visit, forms, { ...state, newSecret }, user, 200, '');
  }

  async #code(
    visit: InteractionVisit,
    forms: Forms,
    state: SignInState,
    user: UserRecord,
  ): Promise<PageAnswer> {
    const result = await this.#parts.signIn.checkCode(user, visit.form.get('code') ?? '');
    if (!result.isOk) {
      this.#note(visit, 'failure', 'code', result.fault, user.id);
      return this.#codePage(visit, forms, state, 401, WRONG_CODE);
    }
    await this.#parts.signIn.complete(user.id);
    this.#note(visit, 'success', 'code', '', user.id);
    return this.#finished({ ...state, amr: [...state.amr, 'otp', 'mfa'] });
  }

  async #enrol(
    visit: InteractionVisit,
    forms: Forms,
    state: SignInState,
    user: UserRecord,
  ): Promise<PageAnswer> {
    const { signIn, states, place } = this.#parts;
    const codes = await signIn.enrol(user, state.newSecret, visit.form.get('code') ?? '');
    if (codes === null) {
      this.#note(visit, 'failure', 'enrolment', 'wrong-code', user.id);
      return this.#enrolPage(visit, forms, state, user, 401, WRONG_CODE);
    }
    await signIn.complete(user.id);
    this.#note(visit, 'success', 'enrolment', '', user.id);
    const complete = { ...state, amr: [...state.amr, 'otp', 'mfa'], newSecret: '', isComplete: true };
    const sealed = states.seal(visit.interaction.uid, complete);
    const view = { place, token: forms.token, state: sealed, action: forms.urlOf('/finish'), codes };
    return pageOf(200, recoveryPage(view), forms);
  }

  /** The user as it is now; null when the sign-in must begin again. */
  async #userOf(state: SignInState): Promise<UserRecord | null> {
    const user = await this.#parts.users.find(state.userId);
    const isSame = user?.credentialsChangedAtMs === state.credentialsChangedAtMs && user.disabledAtMs === 0;
    return isSame ? user : null;
  }

  #finished({ userId, amr, remember }: SignInState): PageAnswer {
    const atS = Math.floor(this.#parts.clock.nowMs() / 1000);
    return { kind: 'login', login: { accountId: userId, amr, acr: acrOf(amr), remember, atS } };
  }

  #loginPage(
    { interaction }: InteractionVisit,
    forms: Forms,
    status: number,
    problem: string,
    userName: string,
  ): PageAnswer {
    const { place, federation, hasPasswords } = this.#parts;
    const html = loginPage({
      place,
      client: interaction.client.name,
      action: forms.urlOf('/login'),
      cancelAction: forms.urlOf('/cancel'),
      token: forms.token,
      userName: [...userName].slice(0, 128).join(''),
      problem,
      others: federation.providers.map(({ id, name }) => ({ name, url: forms.urlOf(`/federation/${id}`) })),
      hasPasswords,
    });
    return pageOf(status, html, forms);
  }

  #stepView({ interaction }: InteractionVisit, forms: Forms, state: SignInState, problem: string) {
    return {
      place: this.#parts.place,
      token: forms.token,
      state: this.#parts.states.seal(interaction.uid, state),
      cancelAction: forms.urlOf('/cancel'),
      problem,
    };
  }

  #codePage(visit: InteractionVisit, forms: Forms, state: SignInState, status: number, problem: string) {
    const view = this.#stepView(visit, forms, state, problem);
    return pageOf(status, codePage({ ...view, action: forms.urlOf('/code') }), forms);
  }

  #enrolPage(
    visit: InteractionVisit,
    forms: Forms,
    state: SignInState,
    user: UserRecord,
    status: number,
    problem: string,
  ) {
    const secret = this.#parts.signIn.openSecret(user.id, state.newSecret);
    const qr = qrImage(totpUri(secret, this.#parts.place, user.name));
    const view = this.#stepView(visit, forms, state, problem);
    return pageOf(status, enrolPage({ ...view, action: forms.urlOf('/enrol'), secret, qr }), forms);
  }

  #note(
    { interaction, clientAddress }: InteractionVisit,
    outcome: SignInEvent['outcome'],
    step: SignInEvent['step'],
    fault: SignInEvent['fault'],
    userId: string,
  ): void {
    this.#parts.note({ outcome, step, fault, userId, clientId: interaction.client.id, clientAddress });
  }
}
