import { expect, test } from 'vitest';
import { FieldLines } from '../lib/http/field-lines.ts';
import { canBeKept, hasSwitched, keepAliveHint } from './upstream-reuse.ts';

const lines = (...flat: string[]): FieldLines => FieldLines.fromFlat(flat);

test.each([
  ['1.1', [], true],
  ['1.0', [], false],
  ['1.0', ['Connection', 'keep-alive'], true],
  ['1.0', ['Connection', 'Keep-Alive, X'], true],
  ['1.1', ['Connection', 'close'], false],
  ['1.1', ['Connection', 'X', 'connection', 'CLOSE'], false],
  ['1.0', ['Connection', 'keep-alive, close'], false],
  ['1.1', ['Connection', '"x'], false],
  ['1.1', ['Connection', 'upgrade'], true],
] as const)('HTTP/%s with %j may be used again: %s', (version, flat, expected) => {
  expect(canBeKept(lines(...flat), version, 200)).toBe(expected);
});

test.each([
  [[], true],
  [['Content-Length', '0'], true],
  [['Content-Length', '4'], false],
])('a 204 with %j may be used again: %s', (flat, expected) => {
  expect(canBeKept(lines(...flat), '1.1', 204)).toBe(expected);
});

test.each([
  ['timeout=5', 5_000],
  ['timeout=5, max=100', 5_000],
  ['max=100,timeout=60', 60_000],
  ['TIMEOUT=7', 7_000],
  ['', Number.POSITIVE_INFINITY],
  ['max=100', Number.POSITIVE_INFINITY],
  ['timeout=x', Number.POSITIVE_INFINITY],
  ['xtimeout=5', Number.POSITIVE_INFINITY],
  ['timeout=99999999999', Number.POSITIVE_INFINITY],
])('Keep-Alive: %s is %d ms', (value, ms) => {
  expect(keepAliveHint(lines('Keep-Alive', value))).toBe(ms);
});

test.each([
  [['Upgrade', 'websocket', 'Connection', 'Upgrade'], 'websocket', true],
  [['Upgrade', 'WebSocket', 'Connection', 'keep-alive, upgrade'], 'websocket', true],
  [['Upgrade', 'websocket', 'Connection', 'Upgrade'], '', false],
  [['Upgrade', 'h2c', 'Connection', 'Upgrade'], 'websocket', false],
  [['Upgrade', 'websocket, h2c', 'Connection', 'Upgrade'], 'websocket', false],
  [['Upgrade', 'websocket'], 'websocket', false],
  [['Connection', 'Upgrade'], 'websocket', false],
  [['Upgrade', 'websocket', 'Connection', 'close'], 'websocket', false],
])('%j where %j was asked for is a switch: %s', (flat, asked, expected) => {
  expect(hasSwitched(lines(...flat), asked)).toBe(expected);
});
