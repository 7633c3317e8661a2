import { readFileSync } from 'node:fs';

/** Which CPUs the parts of the bench stay on, as `taskset` reads them; '' is all. */
export interface CpuLayout {
  readonly subject: string;
  /** wrk and the upstream. */
  readonly load: string;
}

/**
 * Gives the subjects one CPU and everything else the others.
 *
 * Apart they disturb each other least: the load is always ahead, and the kernel's work for the other end of a loopback
 * connection stays with the sender.
 */
export function layOutCpus(): CpuLayout {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const cpus = list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to! - from! + 1 }, (_, index) => from! + index);
  });
  const [first, ...others] = cpus;
  return others.length === 0 ? { subject: '', load: '' } : { subject: String(first), load: others.join(',') };
}
