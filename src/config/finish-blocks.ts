import { resolve } from 'node:path';
import type { AccessConfig } from '../stages/access/access.schema.ts';
import type { AuthenticationConfig, MethodConfig } from '../stages/authentication/authentication.schema.ts';
import type { MtlsConfig } from '../stages/authentication/mtls.schema.ts';
import type { WafConfig } from '../stages/waf/waf.schema.ts';
import type { StageBlock, StageBlocks } from './blocks.ts';
import { isPem } from './config.ts';

/** Makes the names of files in the blocks of routes absolute; blocks that routes share stay shared. */
export function blockFinisher(baseDir: string): (blocks: StageBlocks) => StageBlocks {
  const finished = new Map<StageBlock, StageBlock>();
  return (blocks) => {
    const done = new Map(blocks);
    for (const [key, finish] of FINISHERS) {
      const block = blocks.get(key);
      if (block === undefined) continue;
      const known = finished.get(block) ?? { ...block, config: finish(block, baseDir) };
      finished.set(block, known);
      done.set(key, known);
    }
    return done;
  };
}

type BlockFinisher = (block: StageBlock, baseDir: string) => StageBlock['config'];

/** What to do with the blocks that name files. */
const FINISHERS: readonly [string, BlockFinisher][] = [
  ['authenticate', finishAuthentication],
  ['access', finishAccess],
  ['waf', finishWaf],
];

function finishAccess(block: StageBlock, baseDir: string): AccessConfig {
  const config = block.config as AccessConfig;
  const absolute = <Lists extends { readonly files: readonly string[] }>(lists: Lists | undefined) =>
    lists && { ...lists, files: lists.files.map((file) => resolve(baseDir, file)) };
  return { ...config, reputation: absolute(config.reputation), countries: absolute(config.countries) };
}

function finishWaf(block: StageBlock, baseDir: string): WafConfig {
  const config = block.config as WafConfig;
  const absolute = (files: readonly string[]): string[] => files.map((file) => resolve(baseDir, file));
  return { ...config, include: config.include && absolute(config.include), custom: absolute(config.custom) };
}

function finishAuthentication(block: StageBlock, baseDir: string): AuthenticationConfig {
  const config = block.config as AuthenticationConfig;
  const finish = (method: MethodConfig) => (method.kind === 'mtls' ? finishMtls(method, baseDir) : method);
  return { ...config, alternatives: config.alternatives.map((methods) => methods.map(finish)) };
}

function finishMtls(method: MtlsConfig, baseDir: string): MtlsConfig {
  const { ca, revocation } = method;
  return {
    ...method,
    ca: ca?.map((source) => ({ ...source, file: filePath(source.file, baseDir) })) ?? null,
    revocation:
      revocation === null
        ? null
        : { ...revocation, crl: revocation.crl?.map((file) => filePath(file, baseDir)) },
  };
}

/** The text of a PEM file as it is, and the name of one absolute. */
export function filePath(value: string, baseDir: string): string {
  return isPem(value) ? value : resolve(baseDir, value);
}
