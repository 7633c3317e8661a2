/** XPaths that may stand behind `XML:`, and what each selects. Any other is refused when rules are loaded. */
export const XPATHS: ReadonlyMap<string, 'tree' | 'root' | 'attributes'> = new Map([
  // Without an XPath: a sentence that says that there is a document.
  ['', 'tree'],
  // The text of the root element and of everything in it.
  ['/*', 'root'],
  // The value of every attribute.
  ['//@*', 'attributes'],
]);
