import fc from 'fast-check';
import { expect, test } from 'vitest';
import { typeOfFile, typeOfName, UNKNOWN_TYPE } from './file-types.ts';

test.each([
  ['', ''],
  ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'image/png'],
  ['\xff\xd8\xff\xe0\0\x10JFIF', 'image/jpeg'],
  ['GIF89a\x01\0', 'image/gif'],
  ['RIFF\x24\0\0\0WEBPVP8 ', 'image/webp'],
  ['\0\0\0\x1cftypavif', 'image/avif'],
  ['%PDF-1.7\n', 'application/pdf'],
  ['PK\x03\x04\x14\0', 'application/zip'],
  ['MZ\x90\0\x03\0\0\0', 'application/x-executable'],
  ['MZ is short for Mark Zbikowski', 'text/plain'],
  ['\x7fELF\x02\x01', 'application/x-executable'],
  ['\xca\xfe\xba\xbe\0\0\x004', 'application/x-executable'],
  ['#!/bin/sh\nid', 'text/x-script'],
  ['#! /usr/bin/env python', 'text/x-script'],
  ['@ECHO OFF\r\ndel', 'text/x-script'],
  ['# Title', 'text/plain'],
  ['<?php system(1);', 'text/x-server-page'],
  ['\xef\xbb\xbf\n <?PHP', 'text/x-server-page'],
  ['<?= 1 ?>', 'text/x-server-page'],
  ['<%@ page import="x" %>', 'text/x-server-page'],
  ['<?xml version="1.0"?><svg xmlns="x"/>', 'image/svg+xml'],
  ['<?xml version="1.0"?><a/>', 'text/xml'],
  ['<!-- x --><!DOCTYPE html>', 'text/html'],
  ['<script>alert(1)</script>', 'text/html'],
  ['<?xml version="1.0"?>\n<!-- a --><!-- b --><!DOCTYPE svg PUBLIC "x"><svg/>', 'image/svg+xml'],
  [`${'<!---->'.repeat(140)}<a`, 'text/plain'],
  [`${'\n'.repeat(5_000)}<% out.print(1) %>`, 'text/x-server-page'],
  ['a,b\n1,2\n', 'text/plain'],
  ['\x01\x02\x03', UNKNOWN_TYPE],
])('%j is %s', (bytes, type) => {
  expect(typeOfFile(bytes)).toBe(type);
});

test.each([
  ['photo.JPG', 'image/jpeg'],
  ['a.php.png', 'image/png'],
  ['a.png ', ''],
  ['png', ''],
  ['a.constructor', ''],
])('%s is called %s', (name, type) => {
  expect(typeOfName(name)).toBe(type);
});

test('what stands in front of a program does not make a text of it, unless it is another type', () => {
  const blanks = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 300 });
  fc.assert(
    fc.property(blanks, fc.string(), (before, behind) => {
      expect(typeOfFile(`${before}<?php ${behind}`)).toBe('text/x-server-page');
    }),
  );
});
