import type { MultipartReader } from '../bodies/multipart.ts';
import type { MultipartFlags } from '../bodies/multipart-flags.ts';
import type { Bytes } from '../bytes.ts';
import { type NamedValues, NO_VALUES } from './named-values.ts';
import type { RequestView } from './request-view.ts';
import type { Variable } from './table.ts';

type Row = readonly [name: string, variable: Variable];

const list = (name: string, of: (form: MultipartReader) => NamedValues): Row => [
  name,
  {
    kind: 'collection',
    phase: 2,
    list: ({ multipart }: RequestView) => (multipart === null ? NO_VALUES : of(multipart)),
  },
];

const single = (name: string, read: (form: MultipartReader | null) => Bytes | null): Row => [
  name,
  { kind: 'single', phase: 2, read: ({ multipart }: RequestView) => read(multipart) },
];

const flag = (name: string, of: (flags: MultipartFlags) => boolean): Row =>
  single(`MULTIPART_${name}`, (form) => (form !== null && of(form.flags) ? '1' : '0'));

/** Variables that only the body of a form with files fills. */
export const FILE_VARIABLES: readonly Row[] = [
  list('FILES', (form) => form.files),
  list('FILES_NAMES', (form) => form.files.asNames),
  list('FILES_SIZES', (form) => form.fileSizes),
  list('FILES_TMP_CONTENT', (form) => form.fileContents),
  list('FILES_TYPES', (form) => form.uploads.types),
  list('FILES_DATA', (form) => form.uploads.data),
  single('FILES_COMBINED_SIZE', (form) => `${form?.filesLength ?? 0}`),
  list('MULTIPART_PART_HEADERS', (form) => form.partHeaders),
  single('MULTIPART_NAME', (form) => form?.lastName ?? null),
  single('MULTIPART_FILENAME', (form) => form?.lastFilename ?? null),
  flag('STRICT_ERROR', (flags) => flags.strictError),
  flag('UNMATCHED_BOUNDARY', (flags) => flags.unmatchedBoundary),
  flag('BOUNDARY_QUOTED', (flags) => flags.boundaryQuoted),
  flag('BOUNDARY_WHITESPACE', (flags) => flags.boundaryWhitespace),
  flag('DATA_BEFORE', (flags) => flags.dataBefore),
  flag('DATA_AFTER', (flags) => flags.dataAfter),
  flag('HEADER_FOLDING', (flags) => flags.headerFolding),
  flag('INVALID_HEADER_FOLDING', (flags) => flags.invalidHeaderFolding),
  flag('LF_LINE', (flags) => flags.lfLine),
  flag('CRLF_LINE', (flags) => flags.crlfLine),
  flag('CRLF_LF_LINES', (flags) => flags.lfLine && flags.crlfLine),
  flag('MISSING_SEMICOLON', (flags) => flags.missingSemicolon),
  flag('INVALID_QUOTING', (flags) => flags.invalidQuoting),
  flag('INVALID_PART', (flags) => flags.invalidPart),
  // Files are not written anywhere, so that there is no limit of how many are.
  flag('FILE_LIMIT_EXCEEDED', () => false),
];
