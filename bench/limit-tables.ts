import type { LimitMeasurements } from './limits.ts';
import { number, range, table } from './markdown-table.ts';
import { LIMIT } from './over-admission.ts';

/** The tables about limiters alone. */
export function limitTables({ costs, millions, over }: LimitMeasurements): string {
  return [costTable(costs), millionTable(millions), overTable(over)].join('\n\n');
}

function costTable(costs: LimitMeasurements['costs']): string {
  const rows = costs.map(({ title, work, us, ratio }) => [
    ...[title, work, `${number(us.median)} µs`, range(us)],
    `${number(ratio.median)} (${range(ratio)})`,
  ]);
  const head = ['limiter', 'for each request', 'CPU, median', 'spread', 'to the first'];
  return table('Limiters alone: CPU time per request, 10,000 clients', head, rows);
}

function millionTable(millions: LimitMeasurements['millions']): string {
  const rows = millions.map(({ title, mib, forgottenPercent }) => [
    ...[title, `${Math.round(mib)} MiB`, `${number(forgottenPercent)} %`],
  ]);
  return table('A million clients', ['limiter', 'growth of the process', 'forgotten'], rows);
}

function overTable(over: LimitMeasurements['over']): string {
  const rows = over.map(({ title, most, overPercent, leastPercent }) => [
    ...[title, `${most}`, `${number(overPercent)} %`, `${number(leastPercent)} %`],
  ]);
  const head = ['limiter', 'most in a minute', 'over-admission', 'least in the first minute'];
  return table(`Over-admission: ${LIMIT} requests a minute, bursts around a minute’s end`, head, rows);
}
