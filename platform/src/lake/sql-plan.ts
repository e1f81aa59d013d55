/** From the tables a statement names to the views it needs and the files behind them. */
import { UserError } from '../core/errors.ts';
import type { LakeTable } from '../core/table.ts';
import type { Catalog, LiveFile } from './catalog.ts';
import type { HourRange } from './sql-hours.ts';
import { isLookup, type LookupView } from './sql-lookups.ts';
import type { Node, Statement, TableReference } from './sql-statement.ts';
import { emptyTable, tableView, UNION_VIEWS, type UnionView, unionView, VIEW_DATABASE } from './sql-views.ts';

export interface SqlPlan {
  /** `CREATE VIEW` statements. */
  readonly views: readonly string[];
  /** There are views of lookup tables among them. */
  readonly hasLookups: boolean;
  /** Addresses of every file the views read. */
  readonly paths: readonly string[];
}

export interface PlanOptions {
  readonly catalog: Pick<Catalog, 'liveFiles'>;
  readonly locate: (objectKey: string) => string;
  /** Those the user may see. */
  readonly tables: readonly LakeTable[];
  readonly ranges: ReadonlyMap<Node, HourRange>;
  /** @throws UserError when there is no such lookup table */
  lookup(name: string): Promise<LookupView>;
}

/** A table or a union view with the hours that all references to it need together. */
interface Need {
  readonly target: LakeTable | UnionView;
  readonly range: HourRange;
}

const CATALOG_TABLES = new Set(['tables', 'columns', 'schemata']);

/** @throws UserError when a table does not exist. */
export async function planViews(statement: Statement, options: PlanOptions): Promise<SqlPlan> {
  const needs = new Map<string, Need>();
  const lookups = new Map<string, LookupView>();
  let listsTables = statement.listsTables;
  for (const reference of statement.tables) {
    const isCte = reference.schema === '' && statement.cteNames.has(reference.name.toLowerCase());
    if (reference.schema.toLowerCase() === 'information_schema' && reference.catalog === '') {
      checkCatalogTable(reference);
      listsTables = true;
      continue;
    }
    if (isLookup(reference)) {
      const key = reference.name.toLowerCase();
      if (!lookups.has(key)) lookups.set(key, await options.lookup(reference.name));
      continue;
    }
    const target = find(reference, options.tables);
    if (target === undefined && isCte) continue;
    if (target === undefined) throw unknownTable(reference, options.tables);
    const range = isCte ? {} : (options.ranges.get(reference.node) ?? {});
    const key = viewKey(target);
    const need = needs.get(key);
    needs.set(key, { target, range: need === undefined ? range : widest(need.range, range) });
  }
  const { views, paths } = await build(needs, listsTables, options);
  const found = [...lookups.values()];
  return {
    views: [...views, ...found.flatMap((lookup) => lookup.views)],
    hasLookups: found.length > 0,
    paths: [...paths, ...found.map(({ path }) => path)],
  };
}

function checkCatalogTable({ name }: TableReference): void {
  if (CATALOG_TABLES.has(name.toLowerCase())) return;
  const known = [...CATALOG_TABLES].join(', ');
  throw new UserError(`information_schema.${name} is not available; there are ${known}`);
}

/** Without a schema a name means a log table, else a view. */
function find(reference: TableReference, tables: readonly LakeTable[]): LakeTable | UnionView | undefined {
  const name = reference.name.toLowerCase();
  const schema = reference.schema.toLowerCase();
  if (reference.catalog !== '') return undefined;
  const table = tables.find(
    (candidate) => candidate.name === name && candidate.database === (schema === '' ? 'panther_logs' : schema),
  );
  if (table !== undefined) return table;
  if (schema !== '' && schema !== VIEW_DATABASE) return undefined;
  return UNION_VIEWS.find((view) => view.name === name);
}

function unknownTable({ catalog, schema, name }: TableReference, tables: readonly LakeTable[]): UserError {
  const given = [catalog, schema, name].filter((part) => part !== '').join('.');
  const same = tables.find((table) => table.name === name.toLowerCase());
  const hint = same === undefined ? 'SHOW TABLES lists what there is' : `there is ${same.database}.${same.name}`;
  return new UserError(`there is no table "${given}" in the lake; ${hint}`);
}

function viewKey(target: LakeTable | UnionView): string {
  return isTable(target) ? `${target.database}.${target.name}` : `${VIEW_DATABASE}.${target.name}`;
}

function isTable(target: LakeTable | UnionView): target is LakeTable {
  return 'logType' in target;
}

/** A side that one of the two leaves open is open. */
function widest(a: HourRange, b: HourRange): HourRange {
  const from =
    a.fromHour !== undefined && b.fromHour !== undefined ? [a.fromHour, b.fromHour].toSorted()[0] : undefined;
  const to = a.toHour !== undefined && b.toHour !== undefined ? [a.toHour, b.toHour].toSorted()[1] : undefined;
  return { ...(from && { fromHour: from }), ...(to && { toHour: to }) };
}

async function build(
  needs: ReadonlyMap<string, Need>,
  listsTables: boolean,
  options: PlanOptions,
): Promise<Omit<SqlPlan, 'hasLookups'>> {
  const views: string[] = [];
  const paths = new Set<string>();
  for (const { target, range } of needs.values()) {
    const files = await options.catalog.liveFiles(
      isTable(target)
        ? { database: target.database, table: target.name, ...range }
        : { database: target.database, ...range },
    );
    const located = byTable(files, options.locate);
    if (isTable(target)) views.push(tableView(target, located.get(target.name) ?? []));
    else views.push(unionView(target, readable(target, located, options.tables)));
    const used = isTable(target) ? located : new Map(readable(target, located, options.tables).map(pathsOf));
    for (const path of [...used.values()].flat()) paths.add(path);
  }
  if (listsTables) views.push(...listing(needs, options.tables));
  return { views, paths: [...paths] };
}

function byTable(files: readonly LiveFile[], locate: PlanOptions['locate']): ReadonlyMap<string, readonly string[]> {
  const located = new Map<string, string[]>();
  for (const { table, objectKey } of files) {
    const paths = located.get(table) ?? [];
    paths.push(locate(objectKey));
    located.set(table, paths);
  }
  return located;
}

interface TablePaths {
  readonly table: LakeTable;
  readonly paths: readonly string[];
}

function readable(
  view: UnionView,
  located: ReadonlyMap<string, readonly string[]>,
  tables: readonly LakeTable[],
): readonly TablePaths[] {
  return tables
    .filter(({ database, name }) => database === view.database && located.has(name))
    .map((table) => ({ table, paths: located.get(table.name) ?? [] }));
}

function pathsOf({ table, paths }: TablePaths): readonly [string, readonly string[]] {
  return [table.name, paths];
}

/** Every table and view that the statement does not name, without files. */
function listing(needs: ReadonlyMap<string, Need>, tables: readonly LakeTable[]): readonly string[] {
  const targets = [...tables, ...UNION_VIEWS].filter((target) => !needs.has(viewKey(target)));
  return targets.map((target) => (isTable(target) ? emptyTable(target) : unionView(target, [])));
}
