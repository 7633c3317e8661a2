import { number, range, table } from './markdown-table.ts';
import { spreadOf } from './statistics.ts';
import { addedUs, type WafCell } from './waf.ts';
import type { WafRequest } from './waf-requests.ts';

/** The servers whose rules are told apart from what they cost without. */
const PAIRS = [
  ['Portcullis, Core Rule Set', 'gateway', 'gateway-off'],
  ['Portcullis, own rules', 'gateway-own', 'gateway-off'],
  ['nginx + ModSecurity 3', 'nginx', 'nginx-off'],
  ['Apache + ModSecurity 2', 'apache', 'apache-off'],
] as const;

/** The tables about firewalls. */
export function wafTables(cells: readonly WafCell[]): string {
  return [wholeTable(cells), addedTable(cells)].join('\n\n');
}

function wholeTable(cells: readonly WafCell[]): string {
  const rows = cells
    .filter(({ samplesUs }) => samplesUs.length > 0)
    .map((cell) => {
      const { kind, request } = cell;
      const cpu = spreadOf(cell.samplesUs);
      return [request.title, kind.title, number(cpu.median), range(cpu), ratioTo(cells, cell)];
    });
  const head = ['request', 'server', 'µs, median', 'spread', 'to Portcullis with the Core Rule Set'];
  return table('Firewalls: CPU time of the whole process per request', head, rows);
}

/** Round by round, so that both sides saw the same machine. */
function ratioTo(cells: readonly WafCell[], cell: WafCell): string {
  const own = cells.find(({ kind, request }) => kind.id === 'gateway' && request === cell.request);
  const pairs = cell.samplesUs.slice(0, own?.samplesUs.length ?? 0);
  if (pairs.length === 0) return '';
  const ratio = spreadOf(pairs.map((us, round) => us / (own?.samplesUs[round] as number)));
  return `${number(ratio.median)} × (${range(ratio)})`;
}

function addedTable(cells: readonly WafCell[]): string {
  const requests: WafRequest[] = [...new Set(cells.map(({ request }) => request))];
  const rows = requests.flatMap((request) =>
    PAIRS.flatMap(([title, id, without]) => {
      // What is refused is not passed on, so that nothing is added to passing it on.
      const added = request.status === 200 ? addedUs(cells, id, without, request) : null;
      if (added === null) return [];
      const asked = id === 'gateway' && request.mostAddedUs > 0 ? request.mostAddedUs : 0;
      const verdict = asked === 0 ? '' : added.median <= asked ? `≤ ${asked}: met` : `≤ ${asked}: missed`;
      return [[request.title, title, number(added.median), range(added), verdict]];
    }),
  );
  return table('What the rules add', ['request', 'server', 'µs, median', 'spread', 'asked for'], rows);
}
