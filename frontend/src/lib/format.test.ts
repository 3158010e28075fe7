import { describe, expect, it } from 'vitest';
import { day, odds, percent, points, sentence, shown, signed, words } from './format';

describe('figures', () => {
  it.each([
    [0, '0%'],
    [0.00001, '<0.1%'],
    [0.0234, '2.3%'],
    [0.314, '31%'],
    [0.934, '93.4%'],
    [0.9999, '>99.9%'],
    [1, '100%'],
    [null, '–'],
  ])('writes the probability %s as %s', (value, text) => {
    expect(percent(value)).toBe(text);
  });

  it.each([
    [0.001, 'Fewer than 1 in 100'],
    [0.03, 'About 3 in 100'],
    [0.31, 'About 3 in 10'],
    [0.05, 'About 1 in 10'],
    [0.97, 'About 97 in 100'],
    [0.999, 'More than 99 in 100'],
  ])('says the probability %s as “%s”', (value, text) => {
    expect(odds(value)).toBe(text);
  });

  it('gives differences a sign that reads as one', () => {
    expect(points(0.068)).toBe('+6.8 points');
    expect(points(-0.01)).toBe('−1 point');
    expect(points(0.0001)).toBe('no change');
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
    [2454, null, 'mi', '2454 mi'],
    [true, null, null, 'yes'],
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
    expect(day('2013-07-15')).toBe('Jul 15, 2013');
    expect(words('log_loss')).toBe('Log loss');
    expect(words('auc')).toBe('AUC');
  });
});
