import { spawnSync } from 'node:child_process';

/** Calls PCRE 2 as ModSecurity 2 does: DOTALL, DOLLAR_ENDONLY, bytes. One line of JSON in and out for each pattern. */
const SCRIPT = `
import ctypes, json, sys
pcre = ctypes.CDLL('libpcre2-8.so.0')
size, pointer = ctypes.c_size_t, ctypes.c_void_p
pcre.pcre2_compile_8.restype = pointer
pcre.pcre2_compile_8.argtypes = [ctypes.c_char_p, size, ctypes.c_uint32, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(size), pointer]
pcre.pcre2_match_data_create_from_pattern_8.restype = pointer
pcre.pcre2_match_data_create_from_pattern_8.argtypes = [pointer, pointer]
pcre.pcre2_match_8.argtypes = [pointer, ctypes.c_char_p, size, size, ctypes.c_uint32, pointer, pointer]
pcre.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(size)
pcre.pcre2_get_ovector_pointer_8.argtypes = [pointer]

def groups(pattern, data, count, value):
    found = pcre.pcre2_match_8(pattern, value, len(value), 0, 0, data, None)
    if found < 0:
        return None if found == -1 else found
    at = pcre.pcre2_get_ovector_pointer_8(data)
    unset = 2 ** (8 * ctypes.sizeof(size)) - 1
    return [None if i >= found or at[2 * i] == unset else [at[2 * i], at[2 * i + 1]] for i in range(count)]

for line in sys.stdin:
    case = json.loads(line)
    source = case['source'].encode('latin1')
    error, place = ctypes.c_int(), size()
    pattern = pcre.pcre2_compile_8(source, len(source), 0x30, error, place, None)
    if not pattern:
        print(json.dumps(error.value))
        continue
    data = pcre.pcre2_match_data_create_from_pattern_8(pattern, None)
    print(json.dumps([groups(pattern, data, case['groups'], value.encode('latin1')) for value in case['values']]))
`;

export interface PcreCase {
  readonly source: string;
  /** How many groups are wanted, the whole match counted. */
  readonly groups: number;
  readonly values: readonly string[];
}

/** Groups of the first match, empty where they took no part; null for no match; a number where PCRE gave up. */
export type PcreVerdict = readonly string[] | number | null;

/** Whether Python and PCRE 2 are there. */
export function hasPcre(): boolean {
  const asked = spawnSync('python3', ['-c', SCRIPT], { input: '', encoding: 'utf8' });
  return asked.status === 0;
}

/** What PCRE 2 says to each value of each case. Errors: Error for a pattern that it refuses. */
export function askPcre(cases: readonly PcreCase[]): PcreVerdict[][] {
  const input = cases.map((one) => JSON.stringify(one)).join('\n');
  const { stdout, stderr } = spawnSync('python3', ['-c', SCRIPT], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  if (answers.length !== cases.length) throw new Error(stderr);
  return cases.map(({ source, values }, at) => {
    if (typeof answers[at] === 'number') throw new Error(`PCRE refuses ${source}: ${answers[at]}`);
    return values.map((value, index) => textsOf(value, answers[at][index]));
  });
}

function textsOf(value: string, answer: (readonly [number, number] | null)[] | number | null): PcreVerdict {
  if (answer === null || typeof answer === 'number') return answer;
  return answer.map((group) => (group === null ? '' : value.slice(...group)));
}
