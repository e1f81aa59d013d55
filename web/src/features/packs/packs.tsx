import type { Pack } from '@panther/platform/contract';
import { Package, Upload } from 'lucide-react';
import { Link } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Badge } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { formatNumber } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { SectionNav } from '../detections/section-nav.tsx';
import { packPath, shortSource } from './pack-names.ts';

/** What detections were installed together: where they came from, and what is other here. */
export default function PacksPage() {
  const canChange = useCan('analyst');
  const packs = useApi('GET /packs', {}, { refetchInterval: 15_000 });
  const install = canChange && (
    <ButtonLink to="/detections/packs/install" look="primary" icon={<Upload aria-hidden />}>
      Install a pack
    </ButtonLink>
  );
  return (
    <Page title="Packs" lead="Detections that were installed together, with their history." actions={install}>
      <SectionNav />
      <Card flush>
        <Loaded query={packs}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No packs" icon={<Package aria-hidden />}>
                A pack is a folder of detections. Install one from a zip or a git repository here, or with{' '}
                <code>panther upload</code>.
              </Empty>
            ) : (
              <PackTable packs={items} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

function PackTable({ packs }: { readonly packs: readonly Pack[] }) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Pack</th>
          <th className={table.number}>Detections</th>
          <th className={table.hideSmall}>Other here</th>
          <th className={table.hideMedium}>From</th>
          <th className={cx(table.number, table.hideSmall)}>Revision</th>
          <th>Changed</th>
        </tr>
      </thead>
      <tbody>
        {packs.map((pack) => (
          <tr key={pack.name}>
            <td>
              <Link to={packPath(pack.name)} className={table.main}>
                {pack.name}
              </Link>
              <span className={table.sub}>{pack.note}</span>
            </td>
            <td className={table.number}>{formatNumber(pack.detections)}</td>
            <td className={table.hideSmall}>
              <OtherHere pack={pack} />
            </td>
            <td className={cx(table.hideMedium, table.dim)}>{shortSource(pack)}</td>
            <td className={cx(table.number, table.hideSmall)}>{pack.revision}</td>
            <td className={cx(table.nowrap, table.dim)}>
              <Ago time={pack.updatedAt} />
              <span className={table.sub}>{pack.updatedByName}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function OtherHere({ pack: { overridden, switched } }: { readonly pack: Pack }) {
  if (overridden + switched === 0) return '–';
  return (
    <>
      {overridden > 0 && <Badge>{overridden} overridden</Badge>} {switched > 0 && <Badge>{switched} switched</Badge>}
    </>
  );
}
