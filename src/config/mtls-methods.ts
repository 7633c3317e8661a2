import {
  type AuthenticationConfig,
  isAnonymous,
  methodsOf,
} from '../stages/authentication/authentication.schema.ts';
import type { MtlsConfig } from '../stages/authentication/mtls.schema.ts';
import { sourcePointer } from './blocks.ts';
import type { GatewayConfig } from './config.ts';

/** An `mtls` method of a route, and where it stands. */
export interface PlacedMethod {
  readonly method: MtlsConfig;
  /** JSON pointer of the method. */
  readonly pointer: string;
}

/** Every `mtls` method of a configuration; what several routes inherit is there once. */
export function mtlsMethods(config: GatewayConfig): PlacedMethod[] {
  const seen = new Set<unknown>();
  return config.apis
    .flatMap((api) => [api, ...api.endpoints])
    .flatMap(({ blocks, pointer }) => {
      const block = blocks.get('authenticate');
      if (block === undefined || seen.has(block)) return [];
      seen.add(block);
      const authentication = block.config as AuthenticationConfig;
      if (isAnonymous(authentication)) return [];
      return methodsOf(authentication).flatMap((method) =>
        method.kind === 'mtls'
          ? [{ method, pointer: sourcePointer(block.sources, method.pointer) || pointer }]
          : [],
      );
    });
}
