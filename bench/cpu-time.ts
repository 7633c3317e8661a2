import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU time in milliseconds, in steps of one clock tick (10 ms on most machines). */
export interface CpuTime {
  readonly userMs: number;
  /** In the kernel. */
  readonly systemMs: number;
}

/**
 * CPU time that a process, all its threads and its children have used since they started.
 *
 * Source: proc_pid_stat(5), utime and stime. Linux scales their sum to the scheduler's exact run time, but samples at
 * clock ticks which of the two it was.
 */
export function cpuTimeOf(pid: number): CpuTime {
  const parents = new Map<number, number>();
  const times = new Map<number, CpuTime>();
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? readStat(entry) : null;
    if (fields === null) continue;
    parents.set(Number(entry), Number(fields[1]));
    times.set(Number(entry), { userMs: toMs(fields[11]), systemMs: toMs(fields[12]) });
  }
  if (!times.has(pid)) throw new Error(`The process ${pid} under measurement is gone.`);
  const counted = [...times].filter(([id]) => descends(id, pid, parents)).map(([, time]) => time);
  return {
    userMs: counted.reduce((sum, { userMs }) => sum + userMs, 0),
    systemMs: counted.reduce((sum, { systemMs }) => sum + systemMs, 0),
  };
}

/** CPU time per request between two readings, in microseconds. */
export function cpuPerRequest(
  before: CpuTime,
  after: CpuTime,
  requests: number,
): { cpuUs: number; userUs: number; systemUs: number } {
  const userUs = ((after.userMs - before.userMs) * 1000) / requests;
  const systemUs = ((after.systemMs - before.systemMs) * 1000) / requests;
  return { cpuUs: userUs + systemUs, userUs, systemUs };
}

function toMs(ticks: string | undefined): number {
  return (Number(ticks) * 1000) / ticksPerSecond;
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
