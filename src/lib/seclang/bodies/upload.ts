import { typeOfFile, typeOfName } from '../../detect/formats/file-types.ts';
import { type Bytes, lowerAscii } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';

/** Types that services read as data, whether it is called a file or not. */
const DATA =
  /^(?:(?:application|text)\/(?:[\w.-]{1,64}\+)?(?:json|xml)|image\/svg\+xml|application\/(?:x-www-form-urlencoded|graphql))$/;
/** What a `Blob` of a browser is called that has no name of its own. */
const UNNAMED = /^(?:blob)?$/i;

/** What can be told of the files of a form by their names, their types and their first bytes. */
export class Uploads {
  /**
   * Of each file the type that its name says, the one that its part says, and the one that its first bytes say.
   *
   * Shape: three words, such as `image/png image/png text/html`; `none` for no name, `-` for what says nothing, `empty` for no bytes.
   */
  readonly types = new NamedValues();
  /** Bytes of those that a service may read as data: JSON, XML and the like, and what has no name. */
  readonly data = new NamedValues();

  /** @param field the field `Content-Type` of the part; '' for none. */
  add(name: Bytes, filename: Bytes, field: Bytes, bytes: Bytes): void {
    const declared = lowerAscii(/^[^;]*/.exec(field)?.[0] ?? '').replace(/\s+/g, '');
    const byName = filename === '' ? 'none' : typeOfName(filename) || '-';
    this.types.add(name, `${byName} ${declared || '-'} ${typeOfFile(bytes) || 'empty'}`);
    if (UNNAMED.test(filename) || DATA.test(declared)) this.data.add(name, bytes);
  }
}
