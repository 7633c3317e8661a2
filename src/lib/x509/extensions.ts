import { contextTag, type Der, TAG } from './der.ts';
import { hexOf, readBoolean, readNamedBits, readOid, readSmallInteger } from './der-values.ts';

/** Bits of the keyUsage extension (RFC 5280, 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 1 << 0, keyCertSign: 1 << 5, crlSign: 1 << 6 } as const;

/** Purposes of the extendedKeyUsage extension (RFC 5280, 4.2.1.12). */
export const PURPOSE = {
  any: '2.5.29.37.0',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

/** The names of subjectAltName that callers are known by. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
}

/** What the extensions of a certificate say; null or empty where there is none. */
export interface Extensions {
  readonly isAuthority: boolean;
  /** -1 where the length is not limited. */
  readonly pathLength: number;
  /** Bits of `KEY_USAGE`; null where every use is allowed. */
  readonly keyUsage: number | null;
  readonly purposes: readonly string[] | null;
  readonly names: AlternativeNames;
  /** Identifiers as hexadecimal; '' where there is none. */
  readonly keyId: string;
  readonly issuerKeyId: string;
  /** Addresses of OCSP responders. */
  readonly responders: readonly string[];
  readonly hasNameConstraints: boolean;
  /** Identifiers of the critical extensions that are none of these. */
  readonly unknownCritical: readonly string[];
}

type Draft = { -readonly [Key in keyof Extensions]: Extensions[Key] };

const NO_NAMES: AlternativeNames = { dns: [], uri: [], email: [] };
export const NO_EXTENSIONS: Extensions = {
  isAuthority: false,
  pathLength: -1,
  keyUsage: null,
  purposes: null,
  names: NO_NAMES,
  keyId: '',
  issuerKeyId: '',
  responders: [],
  hasNameConstraints: false,
  unknownCritical: [],
};

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1';

/** THE TABLE of the extensions that are understood. */
const READERS: ReadonlyMap<string, (value: Der, draft: Draft) => void> = new Map([
  ['2.5.29.14', readKeyId],
  ['2.5.29.15', readKeyUsage],
  ['2.5.29.17', readAlternativeNames],
  ['2.5.29.19', readBasicConstraints],
  ['2.5.29.30', readNameConstraints],
  ['2.5.29.35', readAuthorityKeyId],
  ['2.5.29.37', readPurposes],
  ['1.3.6.1.5.5.7.1.1', readInformationAccess],
]);

/** Reads `Extensions` (RFC 5280, 4.1.2.9), each at most once. */
export function readExtensions(list: Der): Extensions {
  const unknownCritical: string[] = [];
  const draft: Draft = { ...NO_EXTENSIONS, unknownCritical };
  const seen = new Set<string>();
  if (list.isAtEnd) list.fail();
  while (!list.isAtEnd) {
    const extension = list.next(TAG.sequence);
    const id = readOid(extension.next(TAG.oid));
    const critical = extension.nextIf(TAG.boolean);
    const isCritical = critical !== null && readBoolean(critical);
    const value = extension.next(TAG.octetString);
    extension.end();
    // RFC 5280, 4.2: a certificate must not include more than one instance of an extension.
    if (seen.has(id)) list.fail();
    seen.add(id);
    const read = READERS.get(id);
    if (read !== undefined) read(value, draft);
    else if (isCritical) unknownCritical.push(id);
  }
  return draft;
}

function readKeyId(value: Der, draft: Draft): void {
  draft.keyId = hexOf(value.next(TAG.octetString).content);
  value.end();
}

function readAuthorityKeyId(value: Der, draft: Draft): void {
  const sequence = value.next(TAG.sequence);
  const id = sequence.nextIf(contextTag(0, false));
  draft.issuerKeyId = id === null ? '' : hexOf(id.content);
  value.end();
}

function readKeyUsage(value: Der, draft: Draft): void {
  draft.keyUsage = readNamedBits(value.next(TAG.bitString));
  value.end();
}

function readBasicConstraints(value: Der, draft: Draft): void {
  const sequence = value.next(TAG.sequence);
  const authority = sequence.nextIf(TAG.boolean);
  draft.isAuthority = authority !== null && readBoolean(authority);
  const length = sequence.nextIf(TAG.integer);
  if (length !== null) draft.pathLength = readSmallInteger(length);
  sequence.end();
  value.end();
}

function readNameConstraints(_value: Der, draft: Draft): void {
  draft.hasNameConstraints = true;
}

function readPurposes(value: Der, draft: Draft): void {
  const sequence = value.next(TAG.sequence);
  const purposes: string[] = [];
  if (sequence.isAtEnd) value.fail();
  while (!sequence.isAtEnd) purposes.push(readOid(sequence.next(TAG.oid)));
  draft.purposes = purposes;
  value.end();
}

/** RFC 5280, 4.2.1.6: names are IA5 strings. One that holds anything but visible ASCII makes the certificate unreadable. */
function readAlternativeNames(value: Der, draft: Draft): void {
  const names = { email: [] as string[], dns: [] as string[], uri: [] as string[] };
  const byTag = new Map([
    [contextTag(1, false), names.email],
    [contextTag(2, false), names.dns],
    [contextTag(6, false), names.uri],
  ]);
  const sequence = value.next(TAG.sequence);
  if (sequence.isAtEnd) value.fail();
  while (!sequence.isAtEnd) {
    const name = sequence.next();
    byTag.get(name.tag)?.push(visibleText(name));
  }
  draft.names = names;
  value.end();
}

function readInformationAccess(value: Der, draft: Draft): void {
  const sequence = value.next(TAG.sequence);
  const responders: string[] = [];
  while (!sequence.isAtEnd) {
    const access = sequence.next(TAG.sequence);
    const method = readOid(access.next(TAG.oid));
    const location = access.next();
    access.end();
    if (method === OCSP_ACCESS && location.tag === contextTag(6, false))
      responders.push(visibleText(location));
  }
  draft.responders = responders;
  value.end();
}

function visibleText(der: Der): string {
  const { content } = der;
  if (content.length === 0 || content.some((byte) => byte <= 0x20 || byte >= 0x7f)) der.fail();
  return Buffer.from(content).toString('latin1');
}
