import { readText } from '../config/file-text.ts';
import { parseYamlTree } from '../config/yaml-tree.ts';
import { CommandFailure } from './failure.ts';
import { type ImportedApi, parseOpenApi } from './openapi-import.ts';

const MAX_BYTES = 32 * 1_048_576;

/** Reads an OpenAPI document from a YAML or JSON file; CommandFailure with a sentence where it cannot be used. */
export function readOpenApi(path: string): ImportedApi {
  const file = readText(path, MAX_BYTES);
  if (!file.ok) throw failure(path, `it cannot be read: ${file.why}.`);
  const result = parseOpenApi(documentOf(path, file.text));
  if (result.ok) return result.api;
  throw failure(path, result.why);
}

function documentOf(path: string, text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      // YAML has flow mappings that look like this, and says better where the mistake is.
    }
  }
  const { value, problems } = parseYamlTree(text);
  const [problem] = problems;
  if (problem === undefined) return value;
  throw failure(`${path}:${problem.line ?? 1}:${problem.column ?? 1}`, problem.message);
}

function failure(place: string, why: string): CommandFailure {
  return new CommandFailure('openapi_invalid', `${place}: ${why}`);
}
