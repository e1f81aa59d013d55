import { useNavigate, useParams } from 'react-router';
import { useCan } from '../../api/session.tsx';
import { Page } from '../../components/page.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { AuditLog } from './audit-log.tsx';
import { General } from './general.tsx';
import { Profile } from './profile.tsx';
import { Tokens } from './tokens.tsx';
import { Users } from './users.tsx';

export default function SettingsPage() {
  const { section = 'general' } = useParams();
  const isAdmin = useCan('admin');
  const navigate = useNavigate();
  const tabs = [
    { id: 'general', label: 'General', content: <General /> },
    { id: 'users', label: 'Users', content: <Users /> },
    { id: 'tokens', label: 'API tokens', content: <Tokens /> },
    ...(isAdmin ? [{ id: 'audit', label: 'Audit log', content: <AuditLog /> }] : []),
    { id: 'profile', label: 'Profile', content: <Profile /> },
  ];
  const value = tabs.some(({ id }) => id === section) ? section : 'general';
  return (
    <Page title="Settings">
      <Tabs
        label="Settings"
        tabs={tabs}
        value={value}
        onChange={(tab) => navigate(`/settings/${tab}`, { replace: true })}
      />
    </Page>
  );
}
