import { describe, expect, it } from 'vitest';
import { field, fields, parcels, truth } from '../../../tests/golden';
import { fieldsOf, hintOf, optionName } from './fields';

describe('fieldsOf', () => {
  it('has every column of the schema, in the contract’s order', () => {
    expect(fields.map((one) => one.name)).toEqual(parcels['x-order']);
  });

  it.each([
    ['day', 'datetime', true],
    ['depot', 'choice', true],
    ['weight', 'number', false],
    ['pieces', 'integer', false],
    ['carrier', 'open-choice', true],
    ['fragile', 'boolean', false],
  ])('sees that %s is of the kind %s, and whether it is needed', (name, kind, required) => {
    expect(field(name)).toMatchObject({ kind, required });
  });

  it('keeps labels, unit, limits, help and typical value', () => {
    expect(field('depot').options.map(optionName)).toEqual(['North (N)', 'South (S)']);
    expect(field('weight')).toMatchObject({
      title: 'Weight',
      description: 'Without the box.',
      unit: 'kg',
      min: 0,
      max: 100,
      initial: 2.5,
    });
    expect(field('day').min).toBe('2020-01-01T00:00:00');
  });

  it('takes a nullable value written as anyOf, too', () => {
    const schema = {
      properties: { x: { title: 'X', anyOf: [{ type: 'integer', minimum: 2 }, { type: 'null' }] } },
      required: ['x'],
    };
    expect(fieldsOf(schema)[0]).toMatchObject({ kind: 'integer', required: false, min: 2 });
  });

  it('keeps the type of a closed choice of numbers', () => {
    const [one] = fieldsOf({
      properties: { n: { enum: [1, 2, null], type: ['integer', 'null'] } },
    });
    expect(one?.options.map((option) => option.value)).toEqual([1, 2]);
  });
});

describe('a yes or no', () => {
  it.each([{ enum: [true, false] }, {}])('is a choice of its own words with %o', (property) => {
    const made = truth(property);
    expect(made.kind).toBe('choice');
    expect(made.options).toEqual([
      { value: true, text: 'true', label: 'wrapped', synonyms: [] },
      { value: false, text: 'false', label: 'None', synonyms: [] },
    ]);
  });
});

describe('hintOf', () => {
  it.each([
    ['weight', '0 to 100 kg'],
    ['pieces', '1 or more'],
    ['day', 'UTC time, from 2020-01-01'],
    ['depot', ''],
  ])('says the limits of %s', (name, hint) => {
    expect(hintOf(field(name))).toBe(hint);
  });
});
