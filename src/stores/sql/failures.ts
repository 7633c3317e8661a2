import { Unavailable } from '../../core/errors.ts';

/** Word for the dependency in `Unavailable`. */
export const DATABASE = 'database';

/** The database holds something that only damage explains. */
export function damaged(name: string, what: string): Unavailable {
  return new Unavailable(
    DATABASE,
    `The database ${name} is damaged: stop the gateway and restore it from a backup (${what}).`,
  );
}
