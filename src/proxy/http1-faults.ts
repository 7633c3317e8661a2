import { type Decision, deny } from '../core/decision.ts';
import type { ReasonCode } from '../core/reasons.ts';
import { HTTP1_FAULTS, type Http1Fault } from '../lib/http1/faults.ts';

/** The reason for which a request with a fault in its head is refused. */
const REASONS: Readonly<Record<Http1Fault, ReasonCode>> = {
  'bare-lf': 'protocol.malformed',
  'bare-cr': 'protocol.malformed',
  'empty-lines': 'protocol.malformed',
  method: 'protocol.malformed',
  'target-missing': 'protocol.target',
  'target-character': 'protocol.target',
  'version-missing': 'protocol.version',
  version: 'protocol.version',
  'request-line': 'protocol.malformed',
  'request-line-size': 'protocol.uri-length',
  'status-line': 'protocol.malformed',
  'status-line-size': 'protocol.malformed',
  status: 'protocol.malformed',
  'field-name': 'protocol.field',
  'field-blank': 'protocol.field',
  'field-folded': 'protocol.field',
  'field-colon': 'protocol.field',
  'field-value': 'protocol.field',
  'field-bytes': 'protocol.header-size',
  'field-count': 'protocol.header-count',
  'length-twice': 'protocol.framing',
  'length-value': 'protocol.content-length',
  'length-and-coding': 'protocol.framing',
  'coding-twice': 'protocol.transfer-coding',
  coding: 'protocol.transfer-coding',
  'coding-version': 'protocol.transfer-coding',
  'coding-status': 'protocol.transfer-coding',
  'chunk-size': 'protocol.chunk',
  'chunk-extension': 'protocol.chunk',
  'chunk-line': 'protocol.chunk',
  'chunk-end': 'protocol.chunk',
  'trailer-field': 'protocol.chunk',
};

const faults = Object.keys(HTTP1_FAULTS) as Http1Fault[];
const ofHead = new Map(faults.map((fault) => [fault, deny(REASONS[fault], { detail: HTTP1_FAULTS[fault] })]));
const ofBody = new Map(
  faults.map((fault) => [fault, deny('protocol.chunk', { detail: HTTP1_FAULTS[fault] })]),
);

/** The refusal of a request whose head has a fault. */
export function headRefusal(fault: Http1Fault): Decision {
  return ofHead.get(fault) as Decision;
}

/** The refusal of a request whose body has a fault: whatever it is, it is one of the chunks or of what follows them. */
export function bodyRefusal(fault: Http1Fault): Decision {
  return ofBody.get(fault) as Decision;
}
