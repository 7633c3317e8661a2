import { foldUserName } from '../lib/text/user-name.ts';

interface Named {
  readonly name: string;
  readonly tokenHash: string;
}

/** Positions of those whose name, as names are compared, or whose token another one before them has. */
export function nameRepeats(operators: readonly Named[]): number[] {
  const seen = new Set<string>();
  return operators.flatMap(({ name, tokenHash }, at) => {
    const own = [`name ${foldUserName(name)}`, `token ${tokenHash}`];
    const isRepeat = own.some((text) => seen.has(text));
    for (const text of own) seen.add(text);
    return isRepeat ? [at] : [];
  });
}
