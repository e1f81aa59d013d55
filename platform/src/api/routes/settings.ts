/** The organisation's settings, one row each. */
import type { State } from '../../ports/state/state.ts';
import type { Settings } from '../contract/system.ts';

const DEFAULTS: Settings = { organizationName: 'Panther', consoleUrl: '' };

export async function readSettings(db: State['db']): Promise<Settings> {
  const rows = await db.selectFrom('settings').selectAll().where('key', 'in', Object.keys(DEFAULTS)).execute();
  const stored = Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as string]));
  return { ...DEFAULTS, ...stored };
}

export async function writeSettings(state: State, changes: Partial<Settings>): Promise<void> {
  await state.transaction(async (tx) => {
    for (const [key, value] of Object.entries(changes)) {
      const row = { key, value: JSON.stringify(value) };
      await tx
        .insertInto('settings')
        .values(row)
        .onConflict((on) => on.column('key').doUpdateSet({ value: row.value }))
        .execute();
    }
  });
}
