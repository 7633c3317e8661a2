import type { ConfigProblem } from '../core/errors.ts';
import { parseRevocationList, type RevocationList, type RevocationListProblem } from '../lib/x509/crl.ts';
import { pemBlocks } from '../lib/x509/pem.ts';
import { type GatewayConfig, isPem } from './config.ts';
import { readBytes } from './file-text.ts';
import { mtlsMethods } from './mtls-methods.ts';
import { readablePointer } from './pointer.ts';

export interface LoadedLists {
  readonly problems: readonly ConfigProblem[];
  /** By what the configuration calls them. */
  readonly lists: ReadonlyMap<string, RevocationList>;
}

const MAX_BYTES = 64 * 1_048_576;
const PEM_MARK = '-----BEGIN ';
const LABEL = 'X509 CRL';

/** Lists that did not change since, so that a reload for another reason does not read millions of entries again. */
const recent = new Map<string, { readonly bytes: Uint8Array; readonly list: RevocationList }>();
const MAX_RECENT = 64;

/** Reads and examines the revocation lists of a configuration; never throws. One that is too old is no mistake. */
export function loadRevocationLists(config: GatewayConfig): LoadedLists {
  const problems: ConfigProblem[] = [];
  const lists = new Map<string, RevocationList>();
  for (const { method, pointer } of mtlsMethods(config)) {
    for (const file of method.revocation?.crl ?? []) {
      if (lists.has(file)) continue;
      const found = readList(file);
      if ('why' in found) problems.push(problemOf(file, `${pointer}/revocation/crl`, found));
      else lists.set(file, found);
    }
  }
  return { problems, lists };
}

function readList(file: string): RevocationList | RevocationListProblem {
  if (isPem(file)) return parseText(Buffer.from(file, 'latin1'));
  const read = readBytes(file, MAX_BYTES);
  if (!read.ok) return { why: `cannot be read: ${read.why}` };
  const known = recent.get(file);
  if (known !== undefined && Buffer.compare(known.bytes, read.bytes) === 0) return known.list;
  const list = parseText(read.bytes);
  if (recent.size >= MAX_RECENT) recent.clear();
  if (!('why' in list)) recent.set(file, { bytes: read.bytes, list });
  return list;
}

function parseText(bytes: Buffer): RevocationList | RevocationListProblem {
  if (!bytes.subarray(0, 4096).includes(PEM_MARK)) return parseShared(bytes);
  const blocks = pemBlocks(bytes.toString('latin1'), LABEL);
  if (blocks === null || blocks.length === 0) return { why: `holds no revocation list (${LABEL})` };
  if (blocks.length > 1) return { why: 'holds several lists: put each into a file of its own' };
  return parseShared(blocks[0] as Uint8Array);
}

/** The threads share the bytes. */
function parseShared(bytes: Uint8Array): RevocationList | RevocationListProblem {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return parseRevocationList(shared);
}

function problemOf(file: string, pointer: string, { why }: RevocationListProblem): ConfigProblem {
  const isShowable = !isPem(file) && /^[\x20-\x7e]{1,512}$/.test(file);
  const name = isShowable ? `The file ${file}` : `The text of ${readablePointer(pointer)}`;
  return {
    pointer,
    message: `${name} ${why}.`,
    suggestion: 'Give a complete list of the authority, PEM or DER.',
  };
}
