import { Component, type ReactNode } from 'react';
import { Failed } from '../components/states.tsx';

interface PageBoundaryProps {
  /** Another page gets another chance. */
  readonly page: string;
  readonly children: ReactNode;
}

interface State {
  readonly error: unknown;
}

/** Keeps a page that broke from taking the whole console with it. */
export class PageBoundary extends Component<PageBoundaryProps, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidUpdate({ page }: PageBoundaryProps): void {
    if (page !== this.props.page && this.state.error !== undefined) this.setState({ error: undefined });
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return <Failed error={this.state.error} retry={() => window.location.reload()} />;
  }
}
