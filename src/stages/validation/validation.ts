import type { Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { isInRange, type MediaRange, parseMediaRange } from '../../lib/http/media-range.ts';
import { BodyTypes } from './body-types.ts';
import { HeadCheck } from './head-check.ts';
import { JsonCheck } from './json-check.ts';
import { type ValidationConfig, validationSchema } from './validation.schema.ts';

/** Types under which lenient upstreams still parse JSON. */
const AMBIGUOUS_TYPES = ['text/plain', 'application/octet-stream'];

function compile(config: ValidationConfig): StageChecks {
  const { contentTypes, json, maxBodyBytes } = config;
  const checksTypes = contentTypes.length > 0 || json !== false;
  const types = checksTypes ? new BodyTypes(contentTypes, json !== false) : null;
  const head = new HeadCheck(config, types);
  if (json === false || types === null) return { head, streamLimitBytes: maxBodyBytes };
  return {
    head,
    body: new JsonCheck(types, json),
    bodyLimitBytes: Math.min(json.maxBytes, maxBodyBytes),
    streamLimitBytes: maxBodyBytes,
  };
}

function weaknesses(config: ValidationConfig): readonly Weakness[] {
  if (config.json === false) return [];
  return config.contentTypes.flatMap((text, at) => {
    const range = parseMediaRange(text) as MediaRange;
    const type = AMBIGUOUS_TYPES.find((candidate) => isInRange(range, candidate));
    const message = `"${text}" lets JSON past \`json\` when it is sent as ${type}; list the types that the API needs.`;
    return type === undefined ? [] : [{ pointer: `/contentTypes/${at}`, message }];
  });
}

/** Checks sizes, types and header fields of requests, and that JSON bodies are well-formed. */
export const validation: Stage<ValidationConfig> = {
  name: 'validation',
  key: 'validate',
  schema: validationSchema,
  compile,
  weaknesses,
};
