import type { DetectionDetail } from '@panther/platform/contract';
import { Search } from 'lucide-react';
import { ButtonLink } from '../../components/button.tsx';
import { CodeView } from '../../components/code-view.tsx';
import { FormError } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';

const TEXT_KEYS = ['Query', 'SnowflakeQuery', 'AthenaQuery', 'DatabricksQuery'] as const;

interface QueryCardProps {
  readonly spec: DetectionDetail['spec'];
  readonly query: NonNullable<DetectionDetail['query']>;
}

/** The text of a query as it was written, and the way to run what the lake makes of it. */
export function QueryCard({ spec, query: { sql, error } }: QueryCardProps) {
  const text = TEXT_KEYS.map((key) => spec[key]).find((one) => typeof one === 'string');
  return (
    <Card
      title="Query"
      flush
      aside={
        sql !== null && (
          <ButtonLink to={`/search?sql=${encodeURIComponent(sql)}`} icon={<Search aria-hidden />}>
            Open in Search
          </ButtonLink>
        )
      }
    >
      {error !== '' && <FormError>It cannot be run: {error}.</FormError>}
      <CodeView code={String(text ?? '').trimEnd()} language="sql" label="Query" />
    </Card>
  );
}
