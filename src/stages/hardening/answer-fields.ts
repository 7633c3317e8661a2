import { FieldLines, lowerName } from '../../lib/http/field-lines.ts';
import type { HardeningConfig } from './hardening.schema.ts';
import { DroppedNames, LEAK_FIELDS } from './leak-fields.ts';

/** Fields that one kind of answer loses and gets. */
export class AnswerFields {
  readonly #dropped: DroppedNames;
  readonly #added: FieldLines;

  constructor(dropped: Iterable<string>, added: readonly string[]) {
    this.#added = FieldLines.fromFlat(added);
    this.#dropped = new DroppedNames([...dropped, ...this.#added.names]);
  }

  apply(headers: FieldLines): void {
    headers.removeAll(this.#dropped);
    headers.addAll(this.#added);
  }
}

/** The fields of all kinds of answers of a route. */
export interface AnswerFieldSets {
  /** Answers with content. */
  readonly secure: AnswerFields;
  readonly plain: AnswerFields;
  /** Answers without: the fields that speak about content would change what a cache knows of the content it has. */
  readonly secureBare: AnswerFields;
  readonly plainBare: AnswerFields;
}

/** Prepares the fields that a configuration demands; the content security policy is not among them. */
export function answerFieldsOf(config: HardeningConfig): AnswerFieldSets {
  const leaks = [...LEAK_FIELDS, ...config.remove.map(lowerName)];
  // RFC 6797, 7.2: never over a connection that is not secure
  const plainLeaks = [...leaks, 'strict-transport-security'];
  const content = contentFieldsOf(config);
  const hsts = config.hsts === false ? [] : ['Strict-Transport-Security', hstsValueOf(config.hsts)];
  return {
    secure: new AnswerFields(leaks, [...content, ...hsts]),
    plain: new AnswerFields(plainLeaks, content),
    secureBare: new AnswerFields(leaks, hsts),
    plainBare: new AnswerFields(plainLeaks, []),
  };
}

function contentFieldsOf(config: HardeningConfig): string[] {
  const flat = ['X-Content-Type-Options', 'nosniff'];
  const add = (name: string, value: string | false | undefined) => {
    if (value !== false && value !== undefined) flat.push(name, value);
  };
  add('X-Frame-Options', config.frameOptions);
  add('Referrer-Policy', config.referrerPolicy);
  add('Cross-Origin-Resource-Policy', config.crossOriginResourcePolicy);
  add('Permissions-Policy', config.permissionsPolicy);
  return flat;
}

function hstsValueOf(hsts: Exclude<HardeningConfig['hsts'], false>): string {
  const directives = [`max-age=${hsts.maxAgeS}`];
  if (hsts.includeSubDomains) directives.push('includeSubDomains');
  if (hsts.preload) directives.push('preload');
  return directives.join('; ');
}
