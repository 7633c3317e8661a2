import { ESCAPES } from '../../detect/decode.ts';
import type { Certainty, Detector, Finding } from '../../detect/finding.ts';
import { findCardNumber } from '../../detect/formats/cards.ts';
import { findCode } from '../../detect/formats/code.ts';
import { findLdapFilter, findXpath } from '../../detect/formats/directories.ts';
import { findSerialized, findXmlEntity } from '../../detect/formats/documents.ts';
import {
  findHeaderInjection,
  findNosql,
  findOperatorName,
  findPrototype,
} from '../../detect/formats/fields.ts';
import { findLookup } from '../../detect/formats/lookups.ts';
import { findTemplate } from '../../detect/formats/templates.ts';
import { findScripting } from '../../detect/markup/markup.ts';
import { findInternalAddress } from '../../detect/paths/addresses.ts';
import { findTraversal } from '../../detect/paths/traversal.ts';
import { findCommands } from '../../detect/shell/shell.ts';
import { findSqlInjection } from '../../detect/sql/sql.ts';
import { SQL_TRIGGERS } from '../../detect/sql/words.ts';
import type { Bytes } from '../bytes.ts';
import type { CompileOperator, LongMatch, Needs, Operator } from '../operator.ts';

/** Longest piece of a value that a detector looks at in one go. */
const WINDOW_BYTES = 8_192;
/** What pieces have in common, so that what lies where one ends is seen whole. */
const OVERLAP_BYTES = 1_024;

/** Looks a detector up once for a value, whichever certainty is asked for first. */
class Memory {
  readonly #detector: Detector;
  #value: Bytes | null = null;
  #finding: Finding | null = null;

  constructor(detector: Detector) {
    this.#detector = detector;
  }

  find(value: Bytes): Finding | null {
    if (this.#value !== value) {
      this.#finding = this.#detector(value);
      this.#value = value;
    }
    return this.#finding;
  }
}

/** Captured are what was recognised and, as group 1, the kind of figure it is. */
class DetectorOperator implements Operator {
  readonly needs: Needs | null;
  readonly #memory: Memory;
  readonly #least: Certainty;

  constructor(memory: Memory, least: Certainty, needs: Needs | null) {
    this.#memory = memory;
    this.#least = least;
    this.needs = needs;
  }

  test(value: Bytes, captures: Bytes[] | null): boolean {
    if (value.length <= WINDOW_BYTES) return this.#look(value, captures);
    const windows = new Windows(this, value);
    const matches = windows.step(value.length * 2) === true;
    if (matches && captures !== null) captures.push(...windows.captures());
    return matches;
  }

  begin(value: Bytes): LongMatch {
    return new Windows(this, value);
  }

  #look(value: Bytes, captures: Bytes[] | null): boolean {
    const finding = this.#memory.find(value);
    if (finding === null || (this.#least === 'sure' && finding.certainty !== 'sure')) return false;
    if (captures !== null) captures.push(finding.evidence, finding.kind);
    return true;
  }
}

/** A long value looked at piece by piece. */
class Windows implements LongMatch {
  readonly #operator: DetectorOperator;
  readonly #value: Bytes;
  #at = 0;
  readonly #captures: Bytes[] = [];

  constructor(operator: DetectorOperator, value: Bytes) {
    this.#operator = operator;
    this.#value = value;
  }

  step(bytes: number): boolean | null {
    for (let left = bytes; left > 0; left -= WINDOW_BYTES - OVERLAP_BYTES) {
      const piece = this.#value.slice(this.#at, this.#at + WINDOW_BYTES);
      if (this.#operator.test(piece, this.#captures)) return true;
      if (this.#at + WINDOW_BYTES >= this.#value.length) return false;
      this.#at += WINDOW_BYTES - OVERLAP_BYTES;
    }
    return null;
  }

  captures(): readonly Bytes[] {
    return this.#captures;
  }
}

/** A detector as an operator: without an argument what is sure, with `likely` what only looks like it as well. */
function detectorOperator(detector: Detector, needs: Needs | null): CompileOperator {
  const memory = new Memory(detector);
  return (argument) => {
    const least = argument.trim();
    if (least !== '' && least !== 'sure' && least !== 'likely') {
      throw new RangeError(`"${least}" is no certainty; say sure or likely.`);
    }
    return new DetectorOperator(memory, least === 'likely' ? 'likely' : 'sure', needs);
  };
}

interface DetectorRow {
  readonly name: string;
  readonly compile: CompileOperator;
}

function row(name: string, detector: Detector, needs: Needs | null): DetectorRow {
  return { name, compile: detectorOperator(detector, needs) };
}

/**
 * Operators of ours, each of which reads a value as tokens of one language.
 *
 * Detectors undo escapes themselves, so that a value needs one of these where it has nothing else.
 */
export const DETECTORS: readonly DetectorRow[] = [
  row('detectCardNumber', findCardNumber, [['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']]),
  row('detectCode', findCode, [['(', '<', '`', ...ESCAPES]]),
  row('detectCommands', findCommands, null),
  row('detectHeaderInjection', findHeaderInjection, [['\n', '\r', '\\n', '\\r', ...ESCAPES, '\xe5']]),
  row('detectInternalAddress', findInternalAddress, [[':', '/', '\\', '.', ...ESCAPES]]),
  row('detectLdapFilter', findLdapFilter, [['(', ')', ...ESCAPES]]),
  row('detectLookups', findLookup, [['$', ...ESCAPES]]),
  row('detectNosql', findNosql, [['$', "'", '"', '{', ';', '|', ...ESCAPES]]),
  row('detectNosqlName', findOperatorName, [['$', ...ESCAPES]]),
  row('detectPrototype', findPrototype, [['proto', ...ESCAPES, '\\']]),
  row('detectScripting', findScripting, null),
  row('detectSerialized', findSerialized, null),
  row('detectSqlInjection', findSqlInjection, [[...SQL_TRIGGERS, ...ESCAPES]]),
  row('detectTemplates', findTemplate, [['{', '<', '$', '#', ...ESCAPES, '@', '*', '~', '[']]),
  row('detectTraversal', findTraversal, null),
  row('detectXmlEntities', findXmlEntity, [['<', ...ESCAPES, '&']]),
  row('detectXpath', findXpath, [['/', '(', ...ESCAPES]]),
];
