/** The console's pages by address. Each is loaded when it is first visited. */
import { lazy } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { Shell } from './shell/shell.tsx';

const SignIn = lazy(() => import('./features/auth/sign-in.tsx'));
const Setup = lazy(() => import('./features/auth/setup.tsx'));
const Invitation = lazy(() => import('./features/auth/invitation.tsx'));
const Overview = lazy(() => import('./features/overview/overview.tsx'));
const Alerts = lazy(() => import('./features/alerts/alerts.tsx'));
const Alert = lazy(() => import('./features/alerts/alert.tsx'));
const Search = lazy(() => import('./features/search/search.tsx'));
const Detections = lazy(() => import('./features/detections/detections.tsx'));
const Detection = lazy(() => import('./features/detections/detection.tsx'));
const Coverage = lazy(() => import('./features/coverage/coverage.tsx'));
const EditDetection = lazy(() => import('./features/detection-editor/edit-detection.tsx'));
const NewDetection = lazy(() => import('./features/detection-editor/new-detection.tsx'));
const Schedules = lazy(() => import('./features/schedules/schedules.tsx'));
const LookupTables = lazy(() => import('./features/lookup-tables/lookup-tables.tsx'));
const Packs = lazy(() => import('./features/packs/packs.tsx'));
const InstallPack = lazy(() => import('./features/packs/install-pack.tsx'));
const Pack = lazy(() => import('./features/packs/pack.tsx'));
const Sources = lazy(() => import('./features/sources/sources.tsx'));
const AddSource = lazy(() => import('./features/sources/add-source.tsx'));
const Source = lazy(() => import('./features/sources/source.tsx'));
const Destinations = lazy(() => import('./features/destinations/destinations.tsx'));
const EditDestination = lazy(() => import('./features/destinations/edit-destination.tsx'));
const Health = lazy(() => import('./features/health/health.tsx'));
const Settings = lazy(() => import('./features/settings/settings.tsx'));
const NotFound = lazy(() => import('./features/not-found.tsx'));

export function GuestRoutes() {
  return (
    <Routes>
      <Route path="/setup" element={<Setup />} />
      <Route path="/invitation" element={<Invitation />} />
      <Route path="*" element={<SignIn />} />
    </Routes>
  );
}

export function ConsoleRoutes() {
  return (
    <Routes>
      <Route path="/setup" element={<Navigate to="/" replace />} />
      <Route path="/invitation" element={<Invitation />} />
      <Route element={<Shell />}>
        <Route path="/" element={<Overview />} />
        <Route path="/alerts" element={<Alerts />} />
        <Route path="/alerts/:id" element={<Alert />} />
        <Route path="/search" element={<Search />} />
        <Route path="/detections" element={<Detections />} />
        <Route path="/detections/coverage" element={<Coverage />} />
        <Route path="/detections/schedules" element={<Schedules />} />
        <Route path="/detections/lookup-tables" element={<LookupTables />} />
        <Route path="/detections/packs" element={<Packs />} />
        <Route path="/detections/packs/install" element={<InstallPack />} />
        <Route path="/detections/packs/:name" element={<Pack />} />
        <Route path="/detections/new" element={<NewDetection />} />
        <Route path="/detections/:id/edit" element={<EditDetection />} />
        <Route path="/detections/:id" element={<Detection />} />
        <Route path="/sources" element={<Sources />} />
        <Route path="/sources/new" element={<AddSource />} />
        <Route path="/sources/:id" element={<Source />} />
        <Route path="/destinations" element={<Destinations />} />
        <Route path="/destinations/new" element={<EditDestination />} />
        <Route path="/destinations/:id" element={<EditDestination />} />
        <Route path="/health" element={<Health />} />
        <Route path="/settings" element={<Settings />} />
        <Route path="/settings/:section" element={<Settings />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
