import { describe, expect, it } from 'vitest';
import { render, screen } from '@testing-library/svelte';
import type { ChampionChange, FeatureDrift, Model, WeekScore } from '$lib/api/types';
import { driftInWords } from './drift';
import History from './History.svelte';
import Performance from './Performance.svelte';
import { whyInWords } from './why';

function feature(
  title: string,
  unusual: boolean,
  psi: number | null = 0.1,
  direction = 'mean up 0.45 sd',
): FeatureDrift {
  return { column: title, title, psi, usual: 0.2, unusual, direction };
}

describe('drift', () => {
  it.each([
    [[feature('Rain', false)], 'Yes: no feature is further from its season than in past weeks.'],
    [[feature('Rain', false, null)], 'There are too few rows to tell.'],
    [
      [feature('Rain', true), feature('Cars', false)],
      'No: 1 feature is further from its season than in any past week: Rain (higher).',
    ],
    [[feature('Line', true, 1, 'missing up 3.2 points')], 'Line (more often missing).'],
    [[feature('Cars', true, 1, 'mean down 1.00 sd')], 'Cars (lower).'],
    [[feature('Cars', true, 1, 'no change')], 'past week: Cars.'],
    [
      ['A', 'B', 'C', 'D', 'E', 'F'].map((title) => feature(title, true)),
      'A (higher), B (higher), C (higher), D (higher), E (higher) and 1 more.',
    ],
  ])('of %o in words', (drift, words) => {
    expect(driftInWords(drift)).toContain(words);
  });
});

describe('why a model won', () => {
  it.each([
    [
      { loss: 0.4, previous_loss: 0.5, baseline_loss: 0.8 },
      '20.0% below that of the version before',
    ],
    [
      { loss: 0.4, previous_loss: 0.5, baseline_loss: 0.8 },
      '50.0% below what the past alone predicts',
    ],
    [{ loss: 0.5, previous_loss: 0.4 }, '25.0% above that of the version before'],
    [{ loss: 0.4, previous_loss: 0.4 }, 'the same as that of the version before'],
  ])('by %o', (metrics, words) => {
    expect(whyInWords({ metrics } as unknown as Model, 'Log loss')).toContain(words);
  });

  it('is not guessed', () => {
    expect(whyInWords({ metrics: { loss: 0.4 } } as unknown as Model, 'Log loss')).toBe('');
  });
});

describe('the versions in service', () => {
  const change: ChampionChange = {
    version: '2',
    previous: '1',
    action: 'promote',
    kind: 'run',
    at: '2013-03-01T00:00:00Z',
    as_of: '2013-02-25',
    why: 'It is better.',
  };

  it('say what happened, by whom and why', () => {
    const back: ChampionChange = {
      ...change,
      version: '1',
      previous: '2',
      action: 'rollback',
      kind: 'manual',
      at: '2013-03-02T00:00:00Z',
      why: 'It was wrong.',
    };
    const first = { ...change, version: '1', previous: null, at: '2013-02-01T00:00:00Z' };
    render(History, { history: [back, change, first] });
    const rows = screen.getAllByRole('row').map((row) => row.textContent?.replace(/\s+/g, ' '));
    expect(rows[1]).toContain('Rolled back by a personin place of 2');
    expect(rows[1]).toContain('now');
    expect(rows[2]).toContain('Promoted, by the run of 2013-02-25');
    expect(rows[2]).toContain('It is better.');
    expect(rows[3]).toContain('First in service, by the run of 2013-02-25');
  });
});

describe('a single week', () => {
  it('is told in figures with their meaning, and not drawn', () => {
    const week: WeekScore = {
      as_of: '2013-03-01',
      model_version: '1',
      rows: 10,
      loss: 0.46,
      expected_loss: 0.45,
      baseline_loss: 0.51,
    };
    const { container } = render(Performance, { weeks: [week] });
    expect(container.querySelector('svg')).toBeNull();
    expect(container.textContent).toContain('One week so far, that of 2013-03-01');
    expect(
      screen.getByText('what the holdout led us to expect when the model was judged'),
    ).toBeTruthy();
    render(Performance, { weeks: [week, { ...week, as_of: '2013-03-08' }] });
    expect(document.querySelector('svg')).not.toBeNull();
  });
});
