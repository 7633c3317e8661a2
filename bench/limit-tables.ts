import type { LimitMeasurements } from './limits.ts';
import { number, range, table } from './markdown-table.ts';
import { LIMIT } from './over-admission.ts';

/** The tables about limiters alone. */
export function limitTables({ costs, redisCosts, loop, millions, over }: LimitMeasurements): string {
  const memory = 'Limiters alone: CPU time per request, 10,000 clients';
  const redis = 'Limiters in Redis: CPU time of the process per request, 64 at once';
  return [
    costTable(memory, costs),
    loopLine(loop),
    costTable(redis, redisCosts),
    millionTable(millions),
    overTable(over),
  ].join('\n\n');
}

/** A whole tier of the gateway in shared memory. */
function loopLine({ nsPerCheck, nsPerCheckShared, nsPerCheckWithSlot }: LimitMeasurements['loop']): string {
  const [one, two, slot] = [nsPerCheck, nsPerCheckShared, nsPerCheckWithSlot].map((ns) => number(ns / 1000));
  return `A whole tier, 5,000 clients, with the monotonic clock: ${one} µs on one thread, ${two} µs on each of two at once, ${slot} µs with a slot taken and given back.`;
}

function costTable(title: string, costs: LimitMeasurements['costs']): string {
  const rows = costs.map(({ title, work, us, ratio }) => [
    ...[title, work, `${number(us.median)} µs`, range(us)],
    `${number(ratio.median)} (${range(ratio)})`,
  ]);
  const head = ['limiter', 'for each request', 'CPU, median', 'spread', 'to the first'];
  return table(title, head, rows);
}

function millionTable(millions: LimitMeasurements['millions']): string {
  const rows = millions.map(({ title, mib, forgottenPercent, placelessPercent }) => [
    ...[title, `${Math.round(mib)} MiB`, `${number(forgottenPercent)} %`, `${number(placelessPercent)} %`],
  ]);
  return table(
    'A million clients',
    ['limiter', 'growth of the process', 'forgotten', 'without a place'],
    rows,
  );
}

function overTable(over: LimitMeasurements['over']): string {
  const rows = over.map(({ title, most, overPercent, leastPercent }) => [
    ...[title, `${most}`, `${number(overPercent)} %`, `${number(leastPercent)} %`],
  ]);
  const head = ['limiter', 'most in a minute', 'over-admission', 'least in the first minute'];
  return table(`Over-admission: ${LIMIT} requests a minute, bursts around a minute’s end`, head, rows);
}
