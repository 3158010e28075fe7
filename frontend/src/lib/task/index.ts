/** The kind of prediction that the service makes: all words and figures that depend on it. */

export { follow, task } from './current.svelte';
export { default as Prediction } from './Prediction.svelte';
