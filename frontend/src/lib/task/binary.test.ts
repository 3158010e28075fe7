import { afterEach, describe, expect, it } from 'vitest';
import { NO_TARGET } from '../../../tests/golden';
import { decision, differenceText, effect, inFull, inWords } from './binary';
import { follow } from './current.svelte';

const answer = { index: 0, warnings: [], probability: 0.41, decision: true };

describe('the words of yes or no', () => {
  afterEach(() => follow('binary', NO_TARGET));
  const classes = [
    { value: 'True', label: 'wrapped' },
    { value: 'False', label: 'plain' },
  ];

  it.each([
    [{ title: 'Late', chance_of: 'being late' }, '41% chance of being late', 'yes'],
    [{ title: 'Gift', classes }, '41% chance of “wrapped”', 'wrapped'],
    [{ title: 'Late' }, '41% chance of “Late: yes”', 'yes'],
    [{}, '41% chance of yes', 'yes'],
  ])('are the contract’s: %o', (words, full, yes) => {
    follow('binary', { ...NO_TARGET, ...words });
    expect(inFull(answer)).toBe(full);
    expect(decision(answer)).toBe(yes);
  });

  it('count effects in percentage points', () => {
    expect(effect(0.0534)).toBe('+5.3');
    expect(effect(-0.0004)).toBe('0.0');
  });
});

describe('a probability', () => {
  it.each([
    [0.001, 'Fewer than 1 in 100'],
    [0.03, 'About 3 in 100'],
    [0.31, 'About 3 in 10'],
    [0.05, 'About 5 in 100'],
    [0.094, 'About 9 in 100'],
    [0.095, 'About 1 in 10'],
    [0.91, 'About 91 in 100'],
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
