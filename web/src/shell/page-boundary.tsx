import { Component, type ReactNode } from 'react';
import { Failed } from '../components/states.tsx';

interface State {
  readonly error: unknown;
}

/** Keeps a page that broke from taking the whole console with it. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return <Failed error={this.state.error} retry={() => window.location.reload()} />;
  }
}
