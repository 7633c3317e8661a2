import { documentOf, hidden, problemOf } from './document.ts';
import { html } from './html.ts';

/** A provider that people can sign in with instead. */
export interface OtherProvider {
  readonly name: string;
  readonly url: string;
}

export interface LoginView {
  readonly place: string;
  readonly client: string;
  readonly action: string;
  readonly cancelAction: string;
  readonly token: string;
  /** What stands in the field already. */
  readonly userName: string;
  readonly problem: string;
  readonly others: readonly OtherProvider[];
  /** Whether people have passwords here. */
  readonly hasPasswords: boolean;
}

/** Asks for user name and password, or for another provider. */
export function loginPage(view: LoginView): string {
  const { client, others, problem, hasPasswords } = view;
  return documentOf({
    title: 'Sign in',
    place: view.place,
    body: html`<p class="lead">to continue to <strong>${client}</strong></p>
${problemOf(problem)}
${hasPasswords && passwordForm(view)}
${hasPasswords && others.length > 0 && html`<p class="or">or</p>`}
${others.map(({ name, url }) => html`<a class="button plain" href="${url}">Sign in with ${name}</a>`)}
<form method="post" action="${view.cancelAction}">${hidden('token', view.token)}
<button class="cancel">Cancel</button></form>`,
  });
}

function passwordForm({ action, token, userName, problem }: LoginView) {
  const isKnown = userName !== '';
  const described = problem !== '' && html` aria-describedby="problem"`;
  return html`<form method="post" action="${action}">${hidden('token', token)}
<label for="name">User name</label>
<input id="name" name="name" type="text" value="${userName}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" required${described}${!isKnown && html` autofocus`}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="512" required${described}${isKnown && html` autofocus`}>
<label class="check"><input type="checkbox" name="remember" value="yes"> Stay signed in on this device</label>
<button>Sign in</button>
</form>`;
}
