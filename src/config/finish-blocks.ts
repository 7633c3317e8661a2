import { resolve } from 'node:path';
import type { AuthenticationConfig, MethodConfig } from '../stages/authentication/authentication.schema.ts';
import type { MtlsConfig } from '../stages/authentication/mtls.schema.ts';
import type { StageBlock, StageBlocks } from './blocks.ts';
import { isPem } from './config.ts';

/** Makes the names of files in the blocks of routes absolute; blocks that routes share stay shared. */
export function blockFinisher(baseDir: string): (blocks: StageBlocks) => StageBlocks {
  const finished = new Map<StageBlock, StageBlock>();
  return (blocks) => {
    const block = blocks.get('authenticate');
    if (block === undefined) return blocks;
    const known = finished.get(block) ?? { ...block, config: finishAuthentication(block, baseDir) };
    finished.set(block, known);
    return new Map(blocks).set('authenticate', known);
  };
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
