import type { ResultOf } from '../control/operations.ts';
import { printable } from './terminal.ts';

type Acknowledged = Pick<ResultOf<'revokeKey'>, 'slowestMs' | 'slowestThread' | 'nodes'>;

const timeText = (ms: number): string => (ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** Says who no longer accepts a key and who was the slowest to say so, in sentences. */
export function acknowledgedText({ slowestMs, slowestThread, nodes }: Acknowledged, by: string): string[] {
  const applied = nodes.filter(({ state }) => state === 'applied').sort((a, b) => b.ms - a.ms);
  const ended = nodes.filter(({ state }) => state === 'lease-ended');
  const own =
    by === 'gateway'
      ? `No thread accepts it any more; the slowest, thread ${slowestThread}, acknowledged after ${timeText(slowestMs)}.`
      : 'No gateway runs here; the next one to start will not accept it.';
  const [slowest] = applied;
  const others =
    slowest === undefined
      ? []
      : applied.length === 1
        ? [`The other gateway, ${printable(slowest.name)}, acknowledged after ${timeText(slowest.ms)}.`]
        : [
            `Of ${applied.length} other gateways the slowest, ${printable(slowest.name)}, acknowledged after ${timeText(slowest.ms)}.`,
          ];
  const silent = ended.map(
    ({ name, ms }) =>
      `The gateway ${printable(name)} is silent: it accepts no API key any more since its lease ended, which was waited for ${timeText(ms)}.`,
  );
  return [own, ...others, ...silent];
}
