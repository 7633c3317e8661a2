import type { Bytes } from '../../lib/seclang/bytes.ts';

/** Attributes, and tags by the beginning or the whole of their name, that ModSecurity 2.9.7 takes for scripts whatever they hold. */
const ATTRIBUTE = /(?:style|filter|xmlns[^\s=>/]{0,64}|xlink[^\s=>/]{0,64}|on[^\s=>/]{3,64})[\s\0]{0,64}=/gi;
const TAG = /<(?:(?:svg|xsl)[^\s\0>/]*|(?:xml|xss)(?=[\s\0>/]|$))/gi;
/** A comment, of whatever kind, with a backtick in it: it ended attributes in old browsers. */
const BACKTICK = /<(?:[!?%]|\/(?![a-z>]))[^>`]{0,256}`/gi;
/** What every build takes for scripts. */
const KNOWN_ATTRIBUTE = 'onerror=';
const KNOWN_TAG = '<script';

/**
 * A value with names that our build of libinjection leaves out replaced by names that it knows, so that whether they stand where a
 * name stands is its own to say; the same value where there are none.
 */
export function withKnownNames(value: Bytes): Bytes {
  return value.replace(BACKTICK, `${KNOWN_TAG} `).replace(TAG, KNOWN_TAG).replace(ATTRIBUTE, KNOWN_ATTRIBUTE);
}
