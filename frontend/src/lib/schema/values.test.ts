import { describe, expect, it } from 'vitest';
import { field, truth } from '../../../tests/golden';
import { named, search } from './search';
import { stepped } from './step';
import { parse, textOf } from './values';

const wrapping = truth({ enum: [true, false] });

describe('parse', () => {
  it.each([
    ['weight', ' 2.5 ', 2.5],
    ['weight', '1e1', 10],
    ['weight', '', null],
    ['pieces', '3', 3],
    ['fragile', 'true', true],
    ['fragile', '', null],
    ['depot', 'N', 'N'],
    ['carrier', 'zeppelin', 'zeppelin'],
    ['day', '2020-01-06T08:30', '2020-01-06T08:30:00'],
    ['day', '2020-01-06 08:30:15', '2020-01-06T08:30:15'],
  ])('reads %s from "%s"', (name, text, value) => {
    expect(parse(field(name), text)).toEqual({ value });
  });

  it.each([
    ['weight', '2,5', 'point'],
    ['weight', 'NaN', 'number'],
    ['weight', '1e999', 'smaller number'],
    ['weight', '-1', 'Enter 0 kg or more'],
    ['weight', '101', 'Enter 100 kg or less'],
    ['pieces', '1.5', 'whole'],
    ['depot', 'W', 'Choose one'],
    ['depot', '', 'Required'],
    ['fragile', 'maybe', 'yes or no'],
    ['day', '2020-02-30T08:30', '2024-12-31 18:30'],
    ['day', '2019-12-31T23:59', '2020-01-01 or later'],
  ])('says what is wrong with %s of "%s"', (name, text, words) => {
    const parsed = parse(field(name), text);
    expect('error' in parsed && parsed.error).toContain(words);
  });

  it.each([
    ['Wrapped', true],
    ['none', false],
    ['yes', true],
    ['false', false],
  ])('reads the contract’s own word "%s" for a truth, and the usual ones', (text, value) => {
    expect(parse(wrapping, text)).toEqual({ value });
    expect(parse(wrapping, 'maybe')).toEqual({ error: 'Enter wrapped or none' });
  });

  it('respects limits that are themselves not allowed', () => {
    const open = field('weight', { min: undefined, max: undefined, above: 0, below: 10 });
    expect(parse(open, '0')).toHaveProperty('error');
    expect(parse(open, '10')).toHaveProperty('error');
    expect(parse(open, '5')).toEqual({ value: 5 });
  });
});

describe('textOf', () => {
  it('comes back as the value it was', () => {
    for (const [name, value] of Object.entries({ weight: 2.5, depot: 'N', fragile: false })) {
      expect(parse(field(name), textOf(field(name), value))).toEqual({ value });
    }
  });

  it('drops what a control cannot show: seconds of zero, digits beyond sense', () => {
    expect(textOf(field('day'), '2020-01-06T08:30:00')).toBe('2020-01-06 08:30');
    expect(textOf(field('weight'), 169.2 / 3.003)).toBe('56.3437');
    expect(textOf(field('weight'), null)).toBe('');
  });
});

describe('search', () => {
  const options = [
    { value: 'SAN', text: 'SAN', label: 'San Diego', synonyms: [] },
    { value: 'BOS', text: 'BOS', label: 'Böston San', synonyms: ['Logan Field'] },
    { value: 'SJU', text: 'SJU', label: 'San Juan', synonyms: [] },
  ];

  it.each([
    ['sju', ['SJU']],
    ['san', ['SAN', 'SJU', 'BOS']],
    ['bos', ['BOS']],
    ['juan san', ['SJU']],
    ['logan', ['BOS']],
    ['field san', ['BOS']],
    ['Deigo', ['SAN']],
    ['jaun', ['SJU']],
    ['xyz', []],
    ['xyzxyz', []],
  ])('finds by code, label and accents left out: "%s"', (query, found) => {
    expect(search(options, query).map((one) => one.text)).toEqual(found);
  });
});

describe('a name in full', () => {
  const houston = ['Houston'];
  const options = [
    { value: 'IAH', text: 'IAH', label: 'Bush', synonyms: houston },
    { value: 'HOU', text: 'HOU', label: 'Hobby', synonyms: [...houston, 'William'] },
  ];

  it.each([
    ['hou', 'HOU'],
    ['bush', 'IAH'],
    ['IAH – Bush', 'IAH'],
    ['william', 'HOU'],
    ['houston', undefined],
    ['ho', undefined],
    ['', undefined],
  ])('"%s" is that of %s', (text, value) => {
    expect(named(options, text)?.text).toBe(value);
  });
});

describe('stepped', () => {
  it.each([
    ['weight', '2.5', 1, '3.5'],
    ['weight', '100', 1, '100'],
    ['weight', '', 1, '0'],
    ['pieces', '2', -10, '1'],
  ])('moves %s from "%s" by %d within its limits', (name, text, steps, next) => {
    expect(stepped(field(name), text, steps)).toBe(next);
  });

  it('takes smaller steps in a narrow range, without rounding dirt', () => {
    expect(stepped(field('weight', { max: 6 }), '0.2', 1)).toBe('0.3');
  });
});
