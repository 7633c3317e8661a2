import { plainPages } from '../interaction/plain-pages.ts';
import type { Accounts, Pages } from '../interaction/seam.ts';

/** Who may sign in, and what they see. */
export interface People {
  readonly accounts: Accounts;
  readonly pages: Pages;
}

/** Nobody: clients can act for themselves only. */
export function nobody(): People {
  return { accounts: { find: async () => null }, pages: plainPages(async () => null) };
}
