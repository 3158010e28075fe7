import { afterEach, describe, expect, it } from 'vitest';
import { follow, task } from './current.svelte';
import type { Explanation } from '$lib/api/types';
import { cells, decision, differenceText, start, value } from './regression';

const answer = { index: 0, warnings: [], prediction: 12.345, low: 10, high: null };

describe('a number', () => {
  afterEach(() => follow('binary', []));

  it('is written with its interval, as far as that is known', () => {
    expect(value(answer)).toBe('12.35');
    expect(decision({ ...answer, high: 15.5 })).toBe('10 to 15.5');
    expect(decision(answer)).toBe('');
    expect(cells(answer)).toEqual(['12.345', '10', '']);
  });

  it.each([
    [2.5, '+2.5'],
    [-0.25, '−0.25'],
    [0, 'no change'],
  ])('moved by %s reads %s', (difference, text) => {
    expect(differenceText(difference)).toBe(text);
  });

  it('starts from a number, also where the model adds up its log', () => {
    const explained = {
      base_value: Math.log(10),
      level_correction: Math.log(2),
      scale: 'the log of the target',
    };
    expect(start(explained as Explanation)).toBe('20');
    expect(
      start({ base_value: 18, level_correction: 2, scale: 'the target’s own unit' } as Explanation),
    ).toBe('20');
  });

  it('gives the words once the model in service predicts numbers', () => {
    expect(task.COLUMNS).toEqual(['probability', 'decision']);
    follow('regression', []);
    expect(task.COLUMNS).toEqual(['prediction', 'low', 'high']);
  });

  it('keeps to the words it has if a model predicts what the app does not know', () => {
    follow('ranking', []);
    expect(task.VALUE).toBe('Probability');
  });
});
