import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { toLakeSql } from '../query-text.ts';

const at = new Date('2026-01-02T12:00:00Z');
const TRAIL = `SELECT TIMESTAMP '2026-01-02 11:31:00' p_event_time, 'AssumeRole' eventName, NULL::VARCHAR errorCode,
  'us-east-1' awsRegion, {'arn': 'arn:x', 'type': 'AWSService', 'userName': 'ann'} userIdentity,
  '{"roleArn":"r1","n":5,"b":true,"l":["a","b"]}' requestParameters, ['192.0.2.1', '::1'] ips, '192.0.2.1' ip`;
const FROM = 'FROM panther_logs.public.aws_cloudtrail';

let connection: DuckDBConnection;

before(async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run('CREATE SCHEMA panther_logs; CREATE SCHEMA panther_lookups');
  await connection.run(`CREATE TABLE panther_logs.aws_cloudtrail AS ${TRAIL}`);
  await connection.run(`CREATE TABLE panther_lookups.exits AS SELECT '192.0.2.1' address`);
});
after(() => connection.closeSync());

/** What a query written for the warehouse gives on the lake's engine. */
const GIVEN: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['a path into an object', `SELECT userIdentity:arn, userIdentity:nothing ${FROM}`, [['arn:x', null]]],
  ['a path into JSON', `SELECT t.requestParameters:l[1]::string, requestParameters:"roleArn" ${FROM} t`, [['b', 'r1']]],
  ['a path in brackets', `SELECT requestParameters['l'][0] ${FROM}`, [['a']]],
  ['a path into what is no JSON', `SELECT eventName:x ${FROM}`, [[null]]],
  [
    'numbers and truth values of paths',
    `SELECT requestParameters:n + 1, sum(requestParameters:n) ${FROM} WHERE requestParameters:n > 3
     AND 4 < requestParameters:n AND requestParameters:b = true GROUP BY 1`,
    [[6, 5]],
  ],
  [
    'lists of aggregates, their size and what they contain',
    `SELECT requestParameters:roleArn AS role, ARRAY_AGG(distinct userIdentity:type) AS types ${FROM} GROUP BY role
     HAVING ARRAY_SIZE(types) = 1 AND ARRAY_CONTAINS('AWSService'::VARIANT, types)`,
    [['r1', ['AWSService']]],
  ],
  [
    'no value of an aggregate is null',
    `SELECT array_agg(errorCode), array_unique_agg(awsRegion) ${FROM}`,
    [[null, ['us-east-1']]],
  ],
  ['the size of a list in JSON', `SELECT array_size(requestParameters:l), array_size(ips) ${FROM}`, [['2', '2']]],
  [
    'elements of a column',
    `SELECT value, index ${FROM}, lateral flatten(ips) ORDER BY index`,
    [
      ['192.0.2.1', '0'],
      ['::1', '1'],
    ],
  ],
  [
    'elements and fields of JSON',
    `SELECT e.value::string, f.key ${FROM} t, LATERAL FLATTEN(input => t.requestParameters:l) AS e
     CROSS JOIN LATERAL FLATTEN(input => requestParameters) f WHERE f.value = '5' ORDER BY 1`,
    [
      ['a', 'n'],
      ['b', 'n'],
    ],
  ],
  [
    'a table of elements',
    `SELECT 1 ${FROM} WHERE EXISTS (SELECT 1 FROM TABLE(FLATTEN(ips)) AS e WHERE e.value = '::1')`,
    [[1]],
  ],
  [
    'times',
    `SELECT DATEADD(day, -1, CURRENT_TIMESTAMP()), TIME_SLICE(p_event_time, 15, 'MINUTE'), DATE_TRUNC(hour, p_event_time),
     DATEDIFF('minute', p_event_time, current_timestamp), CURRENT_DATE - INTERVAL '7 days' ${FROM}`,
    [['2026-01-01 12:00:00', '2026-01-02 11:30:00', '2026-01-02 11:00:00', '29', '2025-12-26 00:00:00']],
  ],
  [
    'patterns',
    `SELECT eventName LIKE ANY ('Assume%', 'x_y'), eventName NOT ILIKE ANY ('assume%', 'a.c'), eventName RLIKE 'Ass.*',
     REGEXP_LIKE(eventName, 'Ass'), regexp_substr(eventName, 'R.*'), regexp_substr(eventName, 'x') ${FROM}`,
    [[true, false, true, false, 'Role', null]],
  ],
  [
    'places in lists',
    `SELECT split(eventName, 'R')[0], array_slice(ips, 0, 1), split_part(eventName, 'R', 1) ${FROM}`,
    [['Assume', ['192.0.2.1'], 'Assume']],
  ],
  [
    'sets',
    `SELECT arrays_overlap(ips, array_construct('::1')), array_except(ips, array_construct('::1')) ${FROM}`,
    [[true, ['192.0.2.1']]],
  ],
  [
    'rows out of nothing',
    `SELECT dateadd('hour', -1-seq4(), p_current_timestamp()) FROM table(generator(rowcount => 2))`,
    [['2026-01-02 11:00:00'], ['2026-01-02 10:00:00']],
  ],
  [
    'the difference of two queries',
    `SELECT ip ${FROM} WHERE p_occurs_since(1h) MINUS SELECT ip ${FROM} WHERE not p_occurs_since(1h)`,
    [['192.0.2.1']],
  ],
  [
    'lookup tables',
    `SELECT iff(address is null, 'out', 'in') ${FROM} t LEFT JOIN panther_lookups.public.exits ON t.ip = address`,
    [['in']],
  ],
  [
    'JSON',
    `SELECT parse_json(requestParameters):n::int, OBJECT_AGG(eventName, ip) ${FROM} GROUP BY 1`,
    [[5, '{"AssumeRole":"192.0.2.1"}']],
  ],
  [
    "the engine's own SQL",
    `SELECT array_contains(['a'], 'a'), [1, 2][1], x[2:3], y['k'] + 1 FROM (SELECT [1,2,3] x, {'k': 1} y)`,
    [[true, 1, [2, 3], 2]],
  ],
];

for (const [what, sql, expected] of GIVEN) {
  test(`a query of the warehouse: ${what}`, async () => {
    const result = await connection.runAndReadAll(toLakeSql(sql, at));
    assert.deepEqual(result.getRowsJson(), expected);
  });
}

test('what is known in part is refused with the reason', () => {
  assert.throws(() => toLakeSql('SELECT dateadd(fortnight, 1, x)', at), /"fortnight" is not a unit of time/);
  assert.throws(
    () => toLakeSql('SELECT 1 FROM x, lateral flatten(input => y, outer => true)', at),
    /not known with outer/,
  );
  assert.throws(() => toLakeSql("SELECT regexp_substr(a, 'b', 1, 2)", at), /the first occurrence alone/);
});
