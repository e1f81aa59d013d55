import { Compass } from 'lucide-react';
import { ButtonLink } from '../components/button.tsx';
import { Page } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';

export default function NotFound() {
  return (
    <Page title="Page not found">
      <Empty
        title="There is nothing at this address"
        icon={<Compass aria-hidden />}
        action={<ButtonLink to="/">Go to the overview</ButtonLink>}
      >
        The link may be old, or cut off.
      </Empty>
    </Page>
  );
}
