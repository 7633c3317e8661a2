import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Who has the database open. */
export interface Holder {
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
}

/** Path of the lock file that names the process behind the database's own lock. */
export function nameTagPath(databasePath: string): string {
  return `${databasePath}.lock`;
}

/** Names this process in the lock file, in one step; the tag of a process that died is replaced. */
export function saveNameTag(databasePath: string, nowMs: number): void {
  const path = nameTagPath(databasePath);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ pid: process.pid, sinceMs: nowMs })}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Reads the lock file; null when there is none or it says nothing. */
export function findHolder(databasePath: string): Holder | null {
  try {
    const { pid, sinceMs } = JSON.parse(readFileSync(nameTagPath(databasePath), 'utf8'));
    return Number.isInteger(pid) && Number.isFinite(sinceMs) ? { pid, sinceMs } : null;
  } catch {
    return null;
  }
}

/** Removes the lock file, but only while it names this process. */
export function removeNameTag(databasePath: string): void {
  if (findHolder(databasePath)?.pid === process.pid) rmSync(nameTagPath(databasePath), { force: true });
}
