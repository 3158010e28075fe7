import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Shadow } from '$lib/api/types';
import ShadowSection from './Shadow.svelte';

const NONE: Shadow = { wanted: null, version: null, problem: null, compared: [] };

describe('the shadow', () => {
  it('is not spoken of where none is asked for', () => {
    const { container } = render(ShadowSection, { shadow: NONE });
    expect(container.textContent?.trim()).toBe('');
  });

  it('is summed up in the words of the service', () => {
    const summary = 'Version 9 predicted 12,345 live rows beside version 8.';
    const pair = {
      version: '8',
      shadow: '9',
      first: '2030-07-08',
      last: '2030-07-14',
      rows: 12345,
      predicted: 0.2,
      shadow_predicted: 0.3,
      difference: 0.1,
      otherwise: null,
      summary,
    };
    render(ShadowSection, {
      shadow: { ...NONE, wanted: 'challenger', version: '9', compared: [pair] },
    });
    expect(screen.getByRole('heading', { name: 'Shadow' })).toBeTruthy();
    expect(screen.getByText(summary)).toBeTruthy();
  });

  it('says why there is none', () => {
    render(ShadowSection, {
      shadow: { ...NONE, wanted: 'challenger', problem: 'late_flights has no alias challenger.' },
    });
    expect(screen.getByText('No version predicts live rows yet.')).toBeTruthy();
    expect(screen.getByText('late_flights has no alias challenger.')).toBeTruthy();
  });
});
