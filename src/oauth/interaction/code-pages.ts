import { documentOf, hidden, problemOf } from './document.ts';
import { html, Markup } from './html.ts';

interface StepView {
  readonly place: string;
  readonly token: string;
  /** What is known so far, sealed. */
  readonly state: string;
  readonly action: string;
  readonly cancelAction: string;
  readonly problem: string;
}

const CODE_ATTRIBUTES = new Markup(
  'class="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" maxlength="7" required autofocus',
);

const cancelForm = ({ cancelAction, token }: Pick<StepView, 'cancelAction' | 'token'>): Markup =>
  html`<form method="post" action="${cancelAction}">${hidden('token', token)}<button class="cancel">Cancel</button></form>`;

/** Asks for the code of the authenticator app, or for a recovery code. */
export function codePage(view: StepView): string {
  const { action, token, state, problem } = view;
  const described = problem !== '' && html` aria-describedby="problem"`;
  return documentOf({
    title: 'Enter your code',
    place: view.place,
    body: html`<p class="lead">Open your authenticator app and type the six digits that it shows for this account.</p>
${problemOf(problem)}
<form method="post" action="${action}">${hidden('token', token)}${hidden('state', state)}
<label for="code">Six-digit code</label>
<input id="code" name="code" ${CODE_ATTRIBUTES}${described}>
<button>Continue</button>
</form>
${cancelForm(view)}
<details><summary>Use a recovery code instead</summary>
<form method="post" action="${action}">${hidden('token', token)}${hidden('state', state)}
<label for="recovery">Recovery code</label>
<input id="recovery" name="code" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="32" required>
<button class="plain">Continue with a recovery code</button>
</form></details>`,
  });
}

interface EnrolView extends StepView {
  /** Base32. */
  readonly secret: string;
  /** The image of the QR code. */
  readonly qr: Markup;
}

/** Shows a new secret and asks for its first code. */
export function enrolPage(view: EnrolView): string {
  const { action, token, state, secret, qr, problem } = view;
  const groups = (secret.match(/.{1,4}/g) ?? []).join(' ');
  return documentOf({
    title: 'Set up your second factor',
    place: view.place,
    body: html`<p class="lead">This account is signed in to with a password and a code. Scan this with an authenticator app on your phone.</p>
${problemOf(problem)}
${qr}
<p>No camera? Type this key into the app: <code class="secret">${groups}</code></p>
<form method="post" action="${action}">${hidden('token', token)}${hidden('state', state)}
<label for="code">Six-digit code that the app shows</label>
<input id="code" name="code" ${CODE_ATTRIBUTES}${problem !== '' && html` aria-describedby="problem"`}>
<button>Turn on</button>
</form>
${cancelForm(view)}`,
  });
}

/** Shows the recovery codes, this once. */
export function recoveryPage(
  view: Omit<StepView, 'problem' | 'cancelAction'> & { codes: readonly string[] },
): string {
  return documentOf({
    title: 'Keep your recovery codes',
    place: view.place,
    body: html`<p class="lead">If you lose your phone, each of these codes signs you in once instead. They are not shown again: print them, or store them in your password manager.</p>
<ol class="codes">${view.codes.map((code) => html`<li>${code}</li>`)}</ol>
<form method="post" action="${view.action}">${hidden('token', view.token)}${hidden('state', view.state)}
<button autofocus>I have stored them</button>
</form>`,
  });
}
