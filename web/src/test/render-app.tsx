import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter, useLocation } from 'react-router';
import { vi } from 'vitest';
import { App } from '../app.tsx';
import { sampleAnswers } from './answers.ts';
import { type Answers, makeFakeApi } from './fake-api.ts';

interface Options {
  readonly role?: 'admin' | 'analyst' | 'read-only';
  /** Take the place of the sample answers. */
  readonly answers?: Answers;
}

/** Opens the whole console at an address, over a fake API. */
export function renderApp(address: string, { role = 'admin', answers = {} }: Options = {}) {
  const api = makeFakeApi({ ...sampleAnswers(role), ...answers });
  vi.stubGlobal('fetch', api.fetch);
  const place = { current: address };
  render(
    <MemoryRouter initialEntries={[address]}>
      <App />
      <Place onChange={(next) => (place.current = next)} />
    </MemoryRouter>,
  );
  return { api, user: userEvent.setup(), addressOf: () => place.current };
}

function Place({ onChange }: { readonly onChange: (address: string) => void }) {
  const { pathname, search } = useLocation();
  onChange(`${pathname}${search}`);
  return null;
}
