/** What every adapter of the port `Secrets` promises. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Secrets } from './secrets.ts';

export interface SecretsUnderTest {
  readonly secrets: Secrets;
  close(): Promise<void>;
}

export function testSecrets(name: string, make: () => Promise<SecretsUnderTest>): void {
  describe(`secrets: ${name}`, () => {
    let fixture: SecretsUnderTest;
    let secrets: Secrets;
    before(async () => {
      fixture = await make();
      secrets = fixture.secrets;
    });
    after(() => fixture.close());

    it('opens what it sealed, whatever the text and context', async () => {
      const text = fc.string({ unit: 'grapheme', maxLength: 100 });
      await fc.assert(
        fc.asyncProperty(text, text, async (plaintext, context) => {
          assert.equal(await secrets.open(await secrets.seal(plaintext, context), context), plaintext);
        }),
        { numRuns: 50 },
      );
    });

    it('opens only with the same context', async () => {
      const sealed = await secrets.seal('token', 'destination:1');
      await assert.rejects(secrets.open(sealed, 'destination:2'));
    });

    it('does not show the text, nor that two texts are equal', async () => {
      const sealed = [await secrets.seal('canary-secret', 'c'), await secrets.seal('canary-secret', 'c')];
      assert.notEqual(sealed[0], sealed[1]);
      for (const one of sealed) assert.ok(!one.includes('canary'));
    });

    it('notices a change of any character', async () => {
      const sealed = await secrets.seal('token', 'c');
      for (let at = 0; at < sealed.length - 1; at++) {
        const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
        await assert.rejects(secrets.open(changed, 'c'), `character ${at}`);
      }
    });

    it('refuses what was never sealed', async () => {
      for (const text of ['', 'plain', '...', 'panther1..']) await assert.rejects(secrets.open(text, 'c'));
    });

    it('opens older values after a rotation, and tells them from new ones', async () => {
      const old = await secrets.seal('old', 'c');
      assert.equal(secrets.isCurrent(old), true);
      await secrets.rotate();
      assert.equal(secrets.isCurrent(old), false);
      assert.equal(await secrets.open(old, 'c'), 'old');
      const fresh = await secrets.seal('new', 'c');
      assert.equal(secrets.isCurrent(fresh), true);
      assert.equal(await secrets.open(fresh, 'c'), 'new');
    });
  });
}
