import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDetections } from '../load.ts';
import { chooseManifests, chooseWhere } from './choose.ts';

const rule = (id: string, code: string, logType: string, more = '') =>
  `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: Low\nLogTypes: [${logType}]\nFilename: ${code}\n${more}`;
const module = (id: string) => `AnalysisType: global\nGlobalID: ${id}\nFilename: ${id}.py\n`;
const schedule = 'Schedule: {RateMinutes: 60, TimeoutMinutes: 2}';
const files: Readonly<Record<string, string>> = {
  'rules/a.yml': rule('A', 'a.py', 'AWS.CloudTrail'),
  'rules/a.py': 'import json, base as b\ndef rule(event):\n    return event.lookup("known_users", "x")\n',
  'rules/b.yml': rule('B', 'b.py', 'Okta.SystemLog'),
  'rules/b.py': 'from other import x\ndef rule(event):\n    return True\n',
  'rules/broken.yml': 'AnalysisType: rule\nRuleID: Broken\nSeverity: Terrible\n',
  'global_helpers/base.yml': module('base'),
  'global_helpers/base.py': 'def f():\n    from deep.inner import y\n',
  'global_helpers/deep.yml': module('deep'),
  'global_helpers/deep.py': 'y = 1\n',
  'global_helpers/other.yml': module('other'),
  'global_helpers/other.py': 'x = 1\n',
  'data_models/aws.yml':
    'AnalysisType: datamodel\nDataModelID: M.AWS\nEnabled: true\nLogTypes: [AWS.CloudTrail]\nMappings: [{Name: ip, Path: x}]\n',
  'data_models/okta.yml':
    'AnalysisType: datamodel\nDataModelID: M.Okta\nEnabled: true\nLogTypes: [Okta.SystemLog]\nMappings: [{Name: ip, Path: x}]\n',
  'lookup_tables/users.yml':
    'AnalysisType: lookup_table\nLookupName: known_users\nEnabled: true\nSchema: X\nFilename: u.csv\nLogTypeMap: {PrimaryKey: id}\n',
  'lookup_tables/u.csv': 'id\n1\n',
  'lookup_tables/more.yml':
    'AnalysisType: lookup_table\nLookupName: users\nEnabled: true\nSchema: X\nFilename: u.csv\nLogTypeMap: {PrimaryKey: id}\n',
  'queries/s.yml':
    'AnalysisType: scheduled_rule\nRuleID: S\nEnabled: true\nSeverity: Low\nScheduledQueries: [Q]\nFilename: s.py\n',
  'queries/s.py': 'def rule(event):\n    return True\n',
  'queries/q.yml': `AnalysisType: scheduled_query\nQueryName: Q\nEnabled: true\n${schedule}\nQuery: "-- pragma: template\\n{% import 'macros' m %}\\nSELECT 1"\n`,
  'queries/m.yml': 'AnalysisType: saved_query\nQueryName: macros\nQuery: SELECT 1\n',
  'correlation_rules/c.yml': `AnalysisType: correlation_rule\nRuleID: C\nEnabled: true\nSeverity: Low\nDetection:\n  - Group:\n      - {ID: one, RuleID: B}\n      - {ID: two, RuleID: A}\n    ${schedule}\n    LookbackWindowMinutes: 60\n`,
  'exceptions/e.yml':
    'AnalysisType: exception\nExceptionID: E\nDetectionID: A\nConditions: [{Key: x, Condition: Exists}]\nReason: r\nOwner: o\n',
  'packs/aws.yml': 'AnalysisType: pack\nPackID: P.AWS\nPackDefinition:\n  IDs:\n    - A\n',
  'packs/bad.yml': 'AnalysisType: pack\nPackID: P.Bad\nPackDefinition:\n  IDs:\n    - B\n    - Broken\n    - Nowhere\n',
  'packs/s.yml': 'AnalysisType: pack\nPackID: P.S\nPackDefinition: {IDs: [S]}\n',
};

const loaded = loadDetections({ label: 'c', texts: new Map(Object.entries(files)), folder: '' });
const idsOf = ({ content }: ReturnType<typeof chooseWhere>) => content.detections.map(({ id }) => id).sort();

test('a manifest brings what it names and what that needs, and nothing else', () => {
  const chosen = chooseManifests(loaded, ['P.AWS']);
  assert.deepEqual(idsOf(chosen), ['A', 'E', 'M.AWS', 'P.AWS', 'base', 'deep', 'known_users']);
  assert.deepEqual(chosen.content.problems, [], 'what is wrong elsewhere is not its problem');
  assert.equal(chosen.leftOut.length, loaded.detections.length - 7);
});

test('scheduled rules bring their queries, those their macros; correlations their rules', () => {
  assert.deepEqual(idsOf(chooseManifests(loaded, ['P.S'])), ['P.S', 'Q', 'S', 'macros']);
  const correlation = chooseWhere(loaded, ({ id }) => id === 'C');
  assert.deepEqual(
    idsOf(correlation).filter((id) => id.length === 1),
    ['A', 'B', 'C', 'E'],
  );
});

test('several manifests are one pack', () => {
  const ids = idsOf(chooseManifests(loaded, ['P.AWS', 'P.S']));
  assert.deepEqual([ids.includes('A'), ids.includes('S'), ids.includes('B')], [true, true, false]);
});

test('an id that is not there is an error at its line, with what is wrong where it may stand', () => {
  const { content } = chooseManifests(loaded, ['P.Bad']);
  const told = content.problems.map(({ level, file, line, message }) => `${level} ${file}:${line} ${message}`);
  assert.deepEqual(told.filter((text) => text.includes('packs/')).sort(), [
    'error c/packs/bad.yml:6 there is no Broken in what was loaded',
    'error c/packs/bad.yml:7 there is no Nowhere in what was loaded',
  ]);
  assert.ok(told.some((text) => text.includes('c/rules/broken.yml:3')));
  assert.throws(
    () => chooseManifests(loaded, ['P.None']),
    /no manifest of a pack P\.None: there are P\.AWS, P\.Bad, P\.S/,
  );
});

test('a filter keeps what passes with what it needs, and the errors that may be of it', () => {
  const chosen = chooseWhere(loaded, ({ info }) => info.logTypes.includes('Okta.SystemLog'));
  assert.deepEqual(idsOf(chosen), ['B', 'M.Okta', 'other']);
  assert.deepEqual([...new Set(chosen.content.problems.map(({ file }) => file))], ['c/rules/broken.yml']);
});
