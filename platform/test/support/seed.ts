/**
 * Gives every property test the same seed in every run, so that a change is judged by itself and not by luck.
 * `PANTHER_TEST_SEED=random npm test` looks for new counter-examples; a failure names the seed to try again with.
 */
import fc from 'fast-check';

const DEFAULT_SEED = 24_110;
const wanted = process.env['PANTHER_TEST_SEED'] ?? String(DEFAULT_SEED);
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
