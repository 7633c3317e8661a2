import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../config/config.ts';
import { problemRecords } from '../config/format-problems.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { CONFIG_OPTION } from './command.ts';
import { CommandFailure } from './failure.ts';

/** Where `portcullis dev` leaves a copy of the configuration that it made. */
export const DEV_CONFIG = join('.portcullis', 'dev.yaml');

/** A configuration that has no mistakes. */
export interface GoodConfig {
  /** As it is to be shown. */
  readonly path: string;
  readonly loaded: LoadResult;
  readonly config: GatewayConfig;
}

/** The sentence that ends a list of mistakes. */
export function mistakes(count: number): string {
  return count === 1 ? 'The configuration has one mistake.' : `The configuration has ${count} mistakes.`;
}

/** Loads a configuration; CommandFailure with every mistake where it has any. */
export function getConfig(path: string): GoodConfig {
  const loaded = loadConfig(path);
  const { config, problems } = loaded;
  if (config !== null) return { path, loaded, config };
  throw new CommandFailure('config_invalid', mistakes(problems.length), problemRecords(path, problems));
}

/** The configuration of the gateway that a command is about: that of `portcullis dev` where there is no other here. */
export function getTarget(path: string): GoodConfig {
  const isDev = path === CONFIG_OPTION.default && !existsSync(path) && existsSync(DEV_CONFIG);
  return getConfig(isDev ? DEV_CONFIG : path);
}
