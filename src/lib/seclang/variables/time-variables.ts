import type { RequestView } from './request-view.ts';
import type { Variable } from './table.ts';

type Row = readonly [name: string, variable: Variable];

const two = (value: number): string => `${value}`.padStart(2, '0');

/** A part of the local time at which the request began. */
const time = (name: string, part: (at: Date) => string): Row => [
  name,
  { kind: 'single', phase: 1, read: ({ input }: RequestView) => part(new Date(input.startedAtMs)) },
];

export const TIME_VARIABLES: readonly Row[] = [
  time('TIME', (at) =>
    [at.getFullYear(), at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()]
      .map(two)
      .join(''),
  ),
  time('TIME_YEAR', (at) => `${at.getFullYear()}`),
  time('TIME_MON', (at) => two(at.getMonth() + 1)),
  time('TIME_DAY', (at) => two(at.getDate())),
  time('TIME_HOUR', (at) => two(at.getHours())),
  time('TIME_MIN', (at) => two(at.getMinutes())),
  time('TIME_SEC', (at) => two(at.getSeconds())),
  time('TIME_WDAY', (at) => `${at.getDay()}`),
  time('TIME_EPOCH', (at) => `${Math.floor(at.getTime() / 1000)}`),
];
