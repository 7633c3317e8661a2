import type { OptionSpec } from './command.ts';

export const PASSWORD_STDIN = {
  kind: 'flag',
  summary: 'Read the password from the first line of standard input.',
} as const satisfies OptionSpec;

export const DAY_CHARACTERS = 'yyyy-mm-dd'.length;

/** The day of an instant; `never` for none. */
export function day(instant: string | null): string {
  return instant?.slice(0, DAY_CHARACTERS) ?? 'never';
}

/** What a user signs in with. */
export function factors(user: { readonly hasPassword: boolean; readonly hasSecondFactor: boolean }): string {
  const first = user.hasPassword ? 'password' : 'provider';
  return user.hasSecondFactor ? `${first}+totp` : first;
}
