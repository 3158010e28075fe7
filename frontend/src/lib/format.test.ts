import { describe, expect, it } from 'vitest';
import { day, dayBefore, moment, percent, sentence, shown, signed, words } from './format';

describe('figures', () => {
  it.each([
    [0, '0%'],
    [0.00001, '<0.1%'],
    [0.0234, '2.3%'],
    [0.0994, '9.9%'],
    [0.0996, '10%'],
    [0.314, '31%'],
    [0.9004, '90%'],
    [0.934, '93.4%'],
    [0.9999, '>99.9%'],
    [1, '100%'],
    [null, '–'],
  ])('writes the share %s as %s', (value, text) => {
    expect(percent(value)).toBe(text);
  });

  it('gives numbers a sign that reads as one', () => {
    expect(signed(-0.314)).toBe('−0.31');
    expect(signed(-0.001)).toBe('0.00');
  });
});

describe('values', () => {
  it.each([
    [null, null, null, 'unknown'],
    ['UA', 'United', null, 'United (UA)'],
    [6, 'Sunday', null, 'Sunday'],
    [14.9601, null, 'mph', '14.96 mph'],
    [68.5, null, '%', '68.5%'],
    [2454, null, 'mi', '2,454 mi'],
    [2004, null, null, '2004'],
    [336776, null, null, '336,776'],
    ['2020-01-06T00:00:00', null, null, '2020-01-06'],
    [true, null, null, 'yes'],
    [false, 'False', null, 'no'],
    [false, 'plain', null, 'plain'],
    ['2013-06-16T21:46:00', null, null, '2013-06-16 21:46'],
  ])('shows %s with label %s and unit %s', (value, label, unit, text) => {
    expect(shown(value, label, unit)).toBe(text);
  });

  it('takes the first sentence, and ends it', () => {
    expect(sentence('More than 1.5 hours late. Missing before.')).toBe('More than 1.5 hours late.');
    expect(sentence('Late')).toBe('Late.');
    expect(sentence('')).toBe('');
  });

  it('names dates and figures', () => {
    expect(day('2013-07-15')).toBe('2013-07-15');
    expect(dayBefore('2013-07-01')).toBe('2013-06-30');
    expect(moment('2013-07-15T08:30:00Z')).toMatch(/^2013-07-1[456] \d{2}:\d{2}$/);
    expect(words('log_loss')).toBe('Log loss');
    expect(words('auc')).toBe('AUC');
  });
});
