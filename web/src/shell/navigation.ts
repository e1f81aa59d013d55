import {
  Activity,
  Database,
  LayoutDashboard,
  type LucideIcon,
  Radar,
  Send,
  Settings,
  ShieldAlert,
  SquareTerminal,
} from 'lucide-react';

export interface NavigationItem {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
}

export const NAVIGATION: readonly NavigationItem[] = [
  { to: '/', label: 'Overview', icon: LayoutDashboard },
  { to: '/alerts', label: 'Alerts', icon: ShieldAlert },
  { to: '/search', label: 'Search', icon: SquareTerminal },
  { to: '/detections', label: 'Detections', icon: Radar },
  { to: '/sources', label: 'Sources', icon: Database },
  { to: '/destinations', label: 'Destinations', icon: Send },
  { to: '/health', label: 'Health', icon: Activity },
  { to: '/settings', label: 'Settings', icon: Settings },
];
