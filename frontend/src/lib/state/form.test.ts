import { describe, expect, it } from 'vitest';
import { field, fields } from '../../../tests/golden';
import { Form } from './form.svelte';

describe('Form', () => {
  it('begins with the defaults, which are a row', () => {
    expect(new Form(fields).read()).toEqual({
      day: '2020-01-06T08:30:00',
      depot: 'N',
      weight: 2.5,
      pieces: 1,
      carrier: 'bike',
      fragile: true,
    });
  });

  it('holds back a row with something wrong, and says where', () => {
    const form = new Form(fields);
    form.set('weight', 'heavy');
    form.set('depot', '');
    expect(form.read()).toBeNull();
    expect(form.wrong.map((one) => one.name)).toEqual(['depot', 'weight']);
    form.set('weight', '3');
    expect(form.error('weight')).toBe('');
  });

  it('lists what is wrong until it is fixed, whatever is predicted meanwhile', () => {
    const form = new Form(fields);
    form.set('weight', '-1');
    form.set('pieces', '1.5');
    form.read();
    form.set('weight', '-2');
    form.read(false);
    expect(form.asked).toBe(true);
    expect(form.error('weight')).toBe('Enter 0 kg or more');
    form.set('weight', '2');
    expect(form.wrong.map((one) => one.name)).toEqual(['pieces']);
    form.set('pieces', '1');
    expect(form.wrong).toEqual([]);
  });

  it('tells no errors that were not asked for', () => {
    const form = new Form(fields);
    form.set('depot', '');
    expect(form.peek()).toBeNull();
    expect(form.wrong).toEqual([]);
    form.settle();
    form.read(false);
    expect(form.asked).toBe(false);
  });

  describe('with a field that follows from others', () => {
    const rows = [
      ['N', 'bike', 3],
      ['S', 'bike', 5],
    ];
    const some = [
      field('depot'),
      field('carrier'),
      field('pieces', { lookup: { by: ['depot', 'carrier'], rows } }),
    ];

    function filled(depot: string, carrier: string): Form {
      const form = new Form(some);
      form.set('depot', depot);
      form.set('carrier', carrier);
      return form;
    }

    it('fills it in, and again when they change', () => {
      const form = filled('N', 'bike');
      expect(form.text('pieces')).toBe('3');
      form.set('depot', 'S');
      expect(form.text('pieces')).toBe('5');
    });

    it('empties what does not go with them any more, and leaves what the reader wrote', () => {
      const form = filled('N', 'bike');
      form.set('carrier', 'van');
      expect(form.text('pieces')).toBe('');
      form.set('pieces', '7');
      form.set('depot', 'S');
      expect(form.text('pieces')).toBe('7');
    });

    it('knows when the reader’s own value is another', () => {
      const form = filled('S', 'bike');
      form.set('pieces', '4');
      expect(form.text('pieces')).toBe('4');
      expect(some[2] && form.following(some[2])).toBe('5');
    });
  });

  it('goes through a link and back', () => {
    const form = new Form(fields);
    form.fill({
      day: '2020-01-07T12:00:00',
      depot: 'N',
      weight: null,
      carrier: 'a&b=c',
      fragile: null,
    });
    const other = new Form(fields);
    expect(other.fromQuery(new URLSearchParams(form.toQuery().toString()))).toBe(true);
    expect(other.read()).toEqual(form.read());
  });

  it('takes nothing from a link of another table', () => {
    expect(new Form(fields).fromQuery(new URLSearchParams('height=3'))).toBe(false);
  });

  it('puts the service’s findings at their fields, and the others above', () => {
    const form = new Form(fields);
    const problem = { expected: '', received: '' };
    form.refuse(
      [
        { field: 'weight', message: 'too heavy', ...problem },
        { field: 'colour', message: 'unknown field', ...problem },
      ],
      'refused',
    );
    expect(form.error('weight')).toBe('too heavy');
    expect(form.general).toEqual(['colour: unknown field']);
    form.refuse([], 'refused');
    expect(form.general).toEqual(['refused']);
  });

  it('keeps what has been filled in when the fields change', () => {
    const form = new Form(fields);
    form.set('weight', '7');
    form.adopt([field('weight'), field('pieces', { name: 'boxes', initial: 4 })]);
    expect(form.read()).toEqual({ weight: 7, boxes: 4 });
  });
});
