import {
  acceptAdaptive,
  adaptiveAccepted,
  adaptiveClient,
  adaptiveFilter,
  adaptiveView,
  showAdaptive,
} from './adaptive-operations.ts';
import { common, operation } from './operation-row.ts';

/** Operations on adaptive limits; part of THE TABLE. */
export const ADAPTIVE_OPERATIONS = {
  showAdaptive: operation({
    ...common,
    method: 'GET',
    path: '/v1/limits/adaptive',
    summary: 'Lists clients whose limits are smaller because of unusual behaviour, and what was done before.',
    query: adaptiveFilter,
    response: adaptiveView,
    run: (services, { query }) => showAdaptive(services, query),
  }),
  acceptAdaptive: operation({
    ...common,
    method: 'POST',
    path: '/v1/limits/adaptive/accept',
    summary: 'Takes what a client does for its normal: it gets its limits back and is learned anew.',
    body: adaptiveClient,
    response: adaptiveAccepted,
    run: (services, { body }) => acceptAdaptive(services, body),
  }),
} as const;
