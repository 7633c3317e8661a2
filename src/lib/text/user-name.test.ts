import { describe, expect, test } from 'vitest';
import { foldUserName, userNameFault } from './user-name.ts';

describe('foldUserName', () => {
  test.each([
    ['Alice', 'alice'],
    ['ALICE@Example.COM', 'alice@example.com'],
    ['ａｌｉｃｅ', 'alice'],
    ['ﬁona', 'fiona'],
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευσ'],
    ['Ὀδυσσεύς', 'ὀδυσσεύσ'],
    ['zoe\u0308', 'zoë'],
    ['İpek', 'i\u0307pek'],
  ])('%s is compared as %s', (name, folded) => {
    expect(foldUserName(name)).toBe(folded);
    expect(foldUserName(folded)).toBe(folded);
  });
});

describe('userNameFault', () => {
  test.each([
    'a',
    'alice',
    'Zoë',
    "o'brien",
    'a.b-c_d+e@example.com',
    'Ольга',
    'Νίκος',
    '山田太郎',
    'ひろし',
    '김철수',
    'u42',
  ])('accepts %s', (name) => {
    expect(userNameFault(name)).toBe('');
  });

  test.each([
    ['', /is needed/],
    ['a'.repeat(129), /at most 128/],
    ['al ice', /letters, digits/],
    ['alice\u00a0', /letters, digits/],
    ['ali\u200bce', /letters, digits/],
    ['ali\u202ece', /letters, digits/],
    ['ali\u00adce', /letters, digits/],
    ['alice\n', /letters, digits/],
    ['corp:alice', /letters, digits/],
    ['<b>', /letters, digits/],
    ['-alice', /begins and ends/],
    ['alice.', /begins and ends/],
    ['\u0301alice', /begins and ends/],
    ['аlice', /one alphabet/],
    ['alicе', /one alphabet/],
    ['gοοgle', /one alphabet/],
    ['user١', /digits of a user name/],
  ])('refuses %j', (name, sentence) => {
    expect(userNameFault(name)).toMatch(sentence);
  });
});
