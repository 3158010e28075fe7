import { describe, expect, it } from 'vitest';
import { differenceText, inWords } from './binary';

describe('a probability', () => {
  it.each([
    [0.001, 'Fewer than 1 in 100'],
    [0.03, 'About 3 in 100'],
    [0.31, 'About 3 in 10'],
    [0.05, 'About 1 in 10'],
    [0.97, 'About 97 in 100'],
    [0.999, 'More than 99 in 100'],
  ])('of %s is “%s”', (probability, text) => {
    expect(inWords({ probability })).toBe(text);
  });

  it('changes by points whose sign reads as one', () => {
    expect(differenceText(0.068)).toBe('+6.8 points');
    expect(differenceText(-0.01)).toBe('−1 point');
    expect(differenceText(0.0001)).toBe('no change');
  });
});
