/** Why a model won, in words that need no statistics. */

import type { Model } from '$lib/api/types';

/** By how much its loss is below that of the one before and of the past alone; empty if not known. */
export function whyInWords(model: Model, metric: string): string {
  const { loss, previous_loss: previous, baseline_loss: baseline } = model.metrics;
  if (loss === undefined) return '';
  const against = [
    previous === undefined ? '' : `${compared(loss, previous)} that of the version before`,
    baseline === undefined ? '' : `${compared(loss, baseline)} what the past alone predicts`,
  ].filter(Boolean);
  if (!against.length) return '';
  return (
    `On rows that no version had seen, its error (${metric.toLowerCase()}) was ` +
    `${against.join(', and ')}.`
  );
}

function compared(loss: number, other: number): string {
  const share = (other - loss) / Math.abs(other);
  if (!Number.isFinite(share) || Math.abs(share) < 0.0005) return 'the same as';
  return `${(Math.abs(share) * 100).toFixed(1)}% ${share > 0 ? 'below' : 'above'}`;
}
