import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSqlInjection } from './sql.ts';

describe('what is surely SQL', () => {
  test.each([
    ["' or 1=1-- -", 'a condition that always holds'],
    ["x' AND 'a'='a", 'a string that the query ends'],
    ['" or ""="', 'double quotes'],
    ["') or ('1'='1", 'brackets'],
    ['7 or 7=7', 'no quotes'],
    ["admin'--", 'the rest cut off'],
    ["admin' #", 'the rest cut off by MySQL'],
    ["x',1,2)-- -", 'an insert that is ended'],
    ['-1 union select 1,2,3', 'union'],
    ['-1/**/union/**/all/**/select/**/null', 'comments for white space'],
    ['1 union#\nselect 1', 'a comment of a line for white space'],
    ['1 /*!50000union*/ /*!50000select*/ pass from users', 'conditional comments'],
    ["1'; drop table users; --", 'a second statement'],
    ["1;exec master..xp_cmdshell 'dir'", 'a procedure of the system'],
    ["1' waitfor delay '0:0:5'--", 'waiting'],
    ['1 and sleep(5)', 'sleeping'],
    ["'+(select top 1 name from t)+'", 'a subquery'],
    ["1' order by 7-- ", 'counting columns'],
    ["1' having 1=1--", 'having'],
    ["1' and case when 1=1 then 1 else 0 end=1--", 'case'],
    ['if(now()=sysdate(),sleep(9),0)', 'if'],
    ['1 procedure analyse(extractvalue(1,1),1)', 'an error that tells'],
    ['%27%20or%201%3D1--%20', 'escaped once more'],
    ['%2527%2520or%25201%253D1--%2520', 'escaped twice more'],
    ['1+union+select+1,2', 'plus signs for spaces'],
  ])('%s: %s', (value) => {
    expect(findSqlInjection(value)?.certainty).toBe('sure');
  });
});

describe('what is no SQL', () => {
  test.each([
    "O'Brien",
    "Rock 'n' Roll and Jazz",
    'Select a plan from the list',
    'the union select committee',
    'Drop table runner, 2 pieces',
    'Update your address and set a reminder',
    '"red shoes" or "blue shoes"',
    'a monitor of 27" -- nearly new',
    "the 1950's and 60's or so",
    'bread; butter; jam',
    'price ge 5 and name eq Milk',
    'x = y and y = z',
    'C# or F#?',
    'https://example.org/a?b=1&c=2#top',
    'WHERE IS THE ORDER BY THE RIVER',
    "it's 5 or 6 o'clock",
    '{"a":"b","c":[1,2,3]}',
    'delete from my wish list please',
    'sleep (at least 8 hours)',
    '2024-01-01--2024-02-01',
  ])('%s', (value) => {
    expect(findSqlInjection(value)).toBeNull();
  });
});

test('SQL in the midst of prose is likely, not sure', () => {
  const value =
    'in our wiki we explain to new people how one can write select count(*) from orders for a report of the day';
  expect(findSqlInjection(value)?.certainty).toBe('likely');
});

test('no value breaks it', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '(',
    ')',
    '--',
    '/*',
    '*/',
    '/*!',
    '#',
    ';',
    ' or ',
    '1',
    '=',
    'select ',
    ',',
    'union ',
    '\n',
    '%27',
    '@',
    'x',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      findSqlInjection(pieces.join(''));
    }),
  );
});

test('text of more tokens than are looked at together is looked at to its end', () => {
  expect(findSqlInjection(`${'1,'.repeat(5_000)}1 union select 1,2`)?.kind).toBe('union select');
});
