import { unitOf } from './words.ts';

const TIME_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1_048_576,
  mb: 1_000_000,
  mib: 1_048_576,
  g: 1_073_741_824,
  gb: 1_000_000_000,
  gib: 1_073_741_824,
};

/** The plain number an operator meant who wrote `5000` in quotes, `5s` or `16KiB`; null when it cannot be told. */
export function meantNumber(text: string, name: string): number | null {
  const found = /^(\d{1,12})\s*([A-Za-z]*)$/.exec(text.trim());
  if (found === null) return null;
  const amount = Number(found[1]);
  const suffix = (found[2] as string).toLowerCase();
  if (suffix === '') return amount;
  const unit = unitOf(name);
  if (unit === 'bytes') return scaled(amount, SIZE[suffix]);
  if (unit === 'milliseconds') return scaled(amount, TIME_MS[suffix]);
  return unit === 'seconds' ? scaled(amount / 1000, TIME_MS[suffix]) : null;
}

function scaled(amount: number, factor: number | undefined): number | null {
  const result = factor === undefined ? Number.NaN : amount * factor;
  return Number.isSafeInteger(result) ? result : null;
}
