/** The kind of prediction that the service makes: all words and figures that depend on it. */

export * as task from './binary';
export { default as Prediction } from './BinaryPrediction.svelte';
