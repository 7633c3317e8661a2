import type { Bytes } from '../bytes.ts';
import type { EngineSettings } from './rule.ts';
import type { Word } from './source.ts';

/** Settings while they are being read. */
export type SettingsDraft = { -readonly [Key in keyof EngineSettings]: EngineSettings[Key] };

/**
 * What holds where no file says otherwise.
 *
 * Safety: unlike in ModSecurity 2 the engine is on and bodies are looked at, because whoever names rule files wants them
 * to work.
 */
export const DEFAULT_SETTINGS: EngineSettings = {
  engine: 'on',
  requestBodyAccess: true,
  responseBodyAccess: true,
  requestBodyLimitBytes: 134_217_728,
  requestBodyNoFilesLimitBytes: 1_048_576,
  requestBodyJsonDepth: 10_000,
  requestBodyLimitAction: 'reject',
  responseBodyLimitBytes: 524_288,
  responseBodyLimitAction: 'reject',
  responseBodyTypes: ['text/plain', 'text/html'],
  argumentsLimit: 1_000,
  argumentSeparator: '&',
  cookieFormat: 0,
  collectionTimeoutS: 3_600,
  pcreMatchLimit: 1_500,
  unicodeMap: new Map(),
  webAppId: 'default',
  serverSignature: '',
  componentSignatures: [],
};

/** What each directive does to the settings; a sentence about its words where they are wrong, '' where all is well. */
type Setting = (settings: SettingsDraft, words: readonly Bytes[]) => string;

const first = (words: readonly Bytes[]): Bytes => words[0] as Bytes;

const flag =
  (key: 'requestBodyAccess' | 'responseBodyAccess'): Setting =>
  (settings, words) => {
    const word = first(words).toLowerCase();
    if (word !== 'on' && word !== 'off') return 'It is On or Off';
    settings[key] = word === 'on';
    return '';
  };

type NumberKey = {
  [Key in keyof EngineSettings]: number extends EngineSettings[Key] ? Key : never;
}[keyof EngineSettings];

const count =
  (key: NumberKey, unit: string, least = 0): Setting =>
  (settings, words) => {
    const value = /^\d{1,15}$/.test(first(words)) ? Number(first(words)) : -1;
    if (value < least) return `It is a number of ${unit}, ${least} or more`;
    settings[key] = value;
    return '';
  };

const limitAction =
  (key: 'requestBodyLimitAction' | 'responseBodyLimitAction'): Setting =>
  (settings, words) => {
    const word = first(words).toLowerCase();
    if (word !== 'reject' && word !== 'processpartial') return 'It is Reject or ProcessPartial';
    settings[key] = word === 'reject' ? 'reject' : 'partial';
    return '';
  };

const ENGINES: Readonly<Record<string, EngineSettings['engine']>> = {
  on: 'on',
  off: 'off',
  detectiononly: 'detection-only',
};

const SETTINGS: Readonly<Record<string, Setting>> = {
  secargumentseparator: (settings, words) => {
    if (first(words).length !== 1) return 'It is one character';
    settings.argumentSeparator = first(words);
    return '';
  },
  secargumentslimit: count('argumentsLimit', 'arguments', 1),
  seccollectiontimeout: count('collectionTimeoutS', 'seconds', 1),
  seccomponentsignature: (settings, words) => {
    settings.componentSignatures = [...settings.componentSignatures, first(words)];
    return '';
  },
  seccookieformat: (settings, words) => {
    if (first(words) !== '0' && first(words) !== '1') return 'It is 0 or 1';
    settings.cookieFormat = first(words) === '0' ? 0 : 1;
    return '';
  },
  secpcrematchlimit: count('pcreMatchLimit', 'steps', 1),
  secrequestbodyaccess: flag('requestBodyAccess'),
  secrequestbodyjsondepthlimit: count('requestBodyJsonDepth', 'levels', 1),
  secrequestbodylimit: count('requestBodyLimitBytes', 'bytes'),
  secrequestbodylimitaction: limitAction('requestBodyLimitAction'),
  secrequestbodynofileslimit: count('requestBodyNoFilesLimitBytes', 'bytes'),
  secresponsebodyaccess: flag('responseBodyAccess'),
  secresponsebodylimit: count('responseBodyLimitBytes', 'bytes'),
  secresponsebodylimitaction: limitAction('responseBodyLimitAction'),
  secresponsebodymimetype: (settings, words) => {
    const types = words.map((word) => word.toLowerCase());
    settings.responseBodyTypes = [...new Set([...settings.responseBodyTypes, ...types])];
    return '';
  },
  secresponsebodymimetypesclear: (settings) => {
    settings.responseBodyTypes = [];
    return '';
  },
  secruleengine: (settings, words) => {
    const word = first(words).toLowerCase();
    if (!Object.hasOwn(ENGINES, word)) return 'It is On, Off or DetectionOnly';
    settings.engine = ENGINES[word] as EngineSettings['engine'];
    return '';
  },
  secserversignature: (settings, words) => {
    settings.serverSignature = first(words);
    return '';
  },
  secwebappid: (settings, words) => {
    settings.webAppId = first(words);
    return '';
  },
};

/** Whether a directive is one of settings; its name in lower case. */
export const isSetting = (directive: string): boolean => Object.hasOwn(SETTINGS, directive);

/** Lays a directive into the settings. Shape: a sentence about its words where they are wrong; else ''. */
export function applySetting(settings: SettingsDraft, directive: string, words: readonly Word[]): string {
  return (SETTINGS[directive] as Setting)(
    settings,
    words.map(({ text }) => text),
  );
}
