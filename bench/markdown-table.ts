import type { Spread } from './statistics.ts';

/** A titled table; '' without rows. */
export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const rule = head.map(() => '---').join('|');
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  return [`## ${title}`, '', `| ${head.join(' | ')} |`, `|${rule}|`, ...lines].join('\n');
}

export function range({ least, most }: Spread): string {
  return `${number(least)}–${number(most)}`;
}

/** A measurement with about three digits. */
export function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 1000 ? 1 : 0);
}
