import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createKeyValuesInMemory } from '../../detections/state/key-values.ts';
import type { Runners } from '../detections/detection-runners.ts';
import { createWarmRunners } from './warm-runners.ts';

const COUNTS = `
from panther_detection_helpers.caching import increment_counter
seen = []
def rule(event):
    seen.append(1)
    return increment_counter("events") > 0
def title(event):
    return f"{len(seen)} {increment_counter('events', 0)}"
`;

const warm = createWarmRunners(() => [], 60_000);
after(() => warm.close());

async function titleOf({ python }: Runners): Promise<string | undefined> {
  const troubles = await python.load([{ key: 0, id: 'Counts', file: 'counts.py', body: COUNTS }], []);
  assert.equal(troubles.size, 0);
  const [answer] = await python.run([{ eventJson: '{}', keys: [0] }]);
  return answer?.outputs?.title;
}

test('the next run gets the same interpreter, with key values and modules of its own', async () => {
  const used: Runners[] = [];
  for (let run = 0; run < 2; run += 1) {
    const title = await warm.use(createKeyValuesInMemory(), (runners) => {
      used.push(runners);
      return titleOf(runners);
    });
    assert.equal(title, '1 1');
  }
  assert.equal(used[0], used[1]);
});

test('after a failure, and when there are other packages, there is a new one', async () => {
  const used: Runners[] = [];
  const keep = async (runners: Runners) => void used.push(runners);
  await warm.use(createKeyValuesInMemory(), keep);
  await assert.rejects(
    warm.use(createKeyValuesInMemory(), async () => {
      throw new Error('the lease was lost');
    }),
    /the lease was lost/,
  );
  await warm.use(createKeyValuesInMemory(), keep);
  assert.notEqual(used[0], used[1]);
  assert.equal(await warm.use(createKeyValuesInMemory(), titleOf), '1 1');
});

test('what is not used for a while is closed', async () => {
  const brief = createWarmRunners(() => [], 1);
  const [first, second] = [new Set<Runners>(), new Set<Runners>()];
  await brief.use(createKeyValuesInMemory(), async (runners) => void first.add(runners));
  const until = Date.now() + 10_000;
  do {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await brief.use(createKeyValuesInMemory(), async (runners) => void second.add(runners));
  } while (second.isSubsetOf(first) && Date.now() < until);
  assert.equal(second.isSubsetOf(first), false);
  await brief.close();
});
