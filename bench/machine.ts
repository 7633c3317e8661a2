import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { findProgram } from './processes.ts';

/** Where the numbers come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly kernel: string;
  readonly node: string;
  readonly nodeOpenssl: string;
  readonly nginx: string;
  readonly haproxy: string;
  readonly openssl: string;
  readonly wrk: string;
  /** Of the last minute, when the bench began. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: systemName(),
    kernel: release(),
    node: process.versions.node,
    nodeOpenssl: process.versions.openssl,
    nginx: versionOf('nginx', ['-v'], /nginx\/(\S+)/),
    haproxy: versionOf('haproxy', ['-v'], /version (\S+)/),
    openssl: versionOf('openssl', ['version'], /OpenSSL (\S+)/),
    wrk: versionOf('wrk', ['-v'], /wrk (\S+)/),
    load: Math.round(loadavg()[0]! * 100) / 100,
  };
}

/** The programs of the bench that are not installed, by the names of their Debian packages. */
export function missingPackages(): string[] {
  const packages = {
    nginx: 'nginx',
    haproxy: 'haproxy',
    wrk: 'wrk',
    openssl: 'openssl',
    'redis-server': 'redis-server',
    taskset: 'util-linux',
    chrt: 'util-linux',
  };
  const missing = Object.entries(packages).filter(([program]) => findProgram(program) === '');
  return [...new Set(missing.map(([, name]) => name))];
}

function versionOf(program: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(findProgram(program), args, { encoding: 'utf8' });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown';
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}
