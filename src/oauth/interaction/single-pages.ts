import { documentOf, hidden, problemOf } from './document.ts';
import { html } from './html.ts';
import type { FailureView, ServerForm } from './seam.ts';

export type DeviceProblem = '' | 'wrong' | 'missing' | 'aborted' | 'failed';

const DEVICE_PROBLEMS: Readonly<Record<DeviceProblem, string>> = {
  '': '',
  wrong: 'This code is not known, or no longer valid. Look at the device and type the code again.',
  missing: 'Type the code that the device shows.',
  aborted: 'The device was not connected.',
  failed: 'This did not work. Start again at the device.',
};

/** Asks for the code that a device shows. */
export function deviceCodePage(place: string, { action, xsrf }: ServerForm, problem: DeviceProblem): string {
  return documentOf({
    title: 'Connect a device',
    place,
    body: html`<p class="lead">Type the code that your device shows.</p>
${problemOf(DEVICE_PROBLEMS[problem])}
<form method="post" action="${action}">${hidden('xsrf', xsrf)}
<label for="code">Code</label>
<input id="code" class="code" name="user_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="32" required autofocus${problem !== '' && html` aria-describedby="problem"`}>
<button>Continue</button>
</form>`,
  });
}

/** Asks whether the device is the person's own, and shows this code. */
export function deviceConfirmPage(
  place: string,
  form: ServerForm,
  { client, userCode }: { readonly client: string; readonly userCode: string },
): string {
  const fields = html`${hidden('xsrf', form.xsrf)}${hidden('user_code', userCode)}`;
  return documentOf({
    title: `Connect ${client}?`,
    place,
    body: html`<p class="lead">A device running <strong>${client}</strong> asks to act for you. It shows this code:</p>
<p class="big">${userCode}</p>
<p class="notice">Go on only if the device is in front of you and you started this yourself. If someone sent you the code or this page, do not connect: they would get your access.</p>
<form method="post" action="${form.action}">${fields}${hidden('confirm', 'yes')}<button>Connect</button></form>
<form method="post" action="${form.action}">${fields}${hidden('abort', 'yes')}<button class="plain">Do not connect</button></form>`,
  });
}

/** The device is connected. */
export function deviceDonePage(place: string, client: string): string {
  return documentOf({
    title: 'Device connected',
    place,
    body: html`<p class="notice" role="status"><strong>${client}</strong> goes on by itself in a moment.</p>
<p>You can close this window.</p>`,
  });
}

/** Asks whether to sign out. */
export function logoutPage(place: string, { action, xsrf }: ServerForm): string {
  return documentOf({
    title: 'Sign out?',
    place,
    body: html`<p class="lead">Applications that you use with this account will ask you to sign in again.</p>
<form method="post" action="${action}">${hidden('xsrf', xsrf)}${hidden('logout', 'yes')}<button autofocus>Sign out</button></form>
<form method="post" action="${action}">${hidden('xsrf', xsrf)}<button class="plain">Stay signed in</button></form>`,
  });
}

/** Nobody is signed in any more, or in one application less. */
export function loggedOutPage(place: string, client: string): string {
  return documentOf({
    title: 'Done',
    place,
    body: html`<p role="status">${client === '' ? 'You are signed out.' : html`You are signed out of <strong>${client}</strong>.`}</p>
<p>You can close this window.</p>`,
  });
}

const SENTENCES: readonly (readonly [least: number, title: string, sentence: string])[] = [
  [
    503,
    'Please try again',
    'Signing in does not work at the moment. This is not your fault; try again in a minute.',
  ],
  [
    500,
    'Something went wrong',
    'This is a fault of the server. Try again, and tell its operator if it happens again.',
  ],
  [429, 'Please wait', 'This was tried too often. Wait a while before you try again.'],
  [0, 'This did not work', 'Go back to the application and start again.'],
];

/** Tells a person that something did not work, and which words to search for. */
export function failurePage(place: string, { status, error, description }: FailureView): string {
  const [, title, sentence] = SENTENCES.find(([least]) => status >= least) as (typeof SENTENCES)[number];
  return documentOf({
    title,
    place,
    body: html`<p role="alert">${sentence}</p>
<p class="lead"><small>${description === '' ? error : html`${description} (<code>${error}</code>)`}</small></p>`,
  });
}
