import type { EngineSettings } from '../../src/lib/seclang/syntax/rule.ts';

/** Settings of an engine as the ModSecurity of a test has them. */
export function viewSettings(more: Partial<EngineSettings> = {}): EngineSettings {
  return {
    engine: 'detection-only',
    requestBodyAccess: true,
    responseBodyAccess: false,
    requestBodyLimitBytes: 134_217_728,
    requestBodyNoFilesLimitBytes: 134_217_728,
    requestBodyJsonDepth: 10_000,
    requestBodyLimitAction: 'reject',
    responseBodyLimitBytes: 524_288,
    responseBodyLimitAction: 'reject',
    responseBodyTypes: [],
    argumentsLimit: 1_000,
    argumentSeparator: '&',
    cookieFormat: 0,
    collectionTimeoutS: 3_600,
    pcreMatchLimit: 1_500,
    unicodeMap: new Map(),
    webAppId: '',
    serverSignature: '',
    componentSignatures: [],
    ...more,
  };
}
