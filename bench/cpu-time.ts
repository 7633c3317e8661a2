import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * CPU time that a process, all its threads and its children have used since they started.
 *
 * Units: milliseconds, in steps of one clock tick (10 ms on most machines).
 * Source: proc_pid_stat(5), utime and stime; Linux scales their sum to the scheduler's exact run time.
 */
export function cpuTimeMs(pid: number): number {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? readStat(entry) : null;
    if (fields === null) continue;
    parents.set(Number(entry), Number(fields[1]));
    ticks.set(Number(entry), Number(fields[11]) + Number(fields[12]));
  }
  if (!ticks.has(pid)) throw new Error(`The process ${pid} under measurement is gone.`);
  let sum = 0;
  for (const [id, used] of ticks) {
    if (descends(id, pid, parents)) sum += used;
  }
  return (sum * 1000) / ticksPerSecond;
}

function descends(id: number, ancestor: number, parents: ReadonlyMap<number, number>): boolean {
  for (let current: number | undefined = id; current; current = parents.get(current)) {
    if (current === ancestor) return true;
  }
  return false;
}

/** The fields after the command's name, which may itself contain anything; null when the process is gone. */
function readStat(pid: string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
