/** A copy of a document without secrets: values of references become the references, typed keys a remark. */
export function redactedDocument(
  document: unknown,
  references: ReadonlyMap<string, string>,
  typedSecrets: readonly string[],
): unknown {
  const typed = new Set(typedSecrets);
  const copy = (value: unknown, pointer: string): unknown => {
    const reference = references.get(pointer);
    if (reference !== undefined) return reference;
    if (typed.has(pointer)) return '(a secret that was typed in)';
    if (Array.isArray(value)) return value.map((item, at) => copy(item, `${pointer}/${at}`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, copy(inner, `${pointer}/${escapeKey(key)}`)]),
    );
  };
  return copy(document, '');
}

/** RFC 6901, 3. */
function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
