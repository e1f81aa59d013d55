import type { FormField } from '@panther/platform/contract';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { type Config, cleanConfig, SchemaForm } from './schema-form.tsx';

const FORM: FormField = {
  type: 'object',
  properties: {
    path: { type: 'string', title: 'Folder', description: 'Absolute path.' },
    maxBodyMb: { type: 'number', minimum: 1, default: 100 },
    recursive: { type: 'boolean', default: true },
    include: { type: 'array', items: { type: 'string' }, title: 'Only files named' },
    token: { type: 'string', writeOnly: true, title: 'Token' },
    headers: {
      anyOf: [{ type: 'object', additionalProperties: { type: 'string' } }, { type: 'null' as 'string' }],
      writeOnly: true,
    },
    protocol: { type: 'string', enum: ['tcp', 'udp'], default: 'tcp' },
  },
  required: ['path', 'recursive'],
};

function Harness({
  onChange,
  ...rest
}: { onChange: (config: Config) => void } & Partial<Parameters<typeof SchemaForm>[0]>) {
  const [value, setValue] = useState<Config>({});
  const change = (next: Config) => {
    setValue(next);
    onChange(next);
  };
  return <SchemaForm form={FORM} value={value} onChange={change} {...rest} />;
}

test('every kind of field is drawn, and its value has the schema’s type', async () => {
  const user = userEvent.setup();
  let config: Config = {};
  render(<Harness onChange={(next) => (config = next)} />);
  await user.type(screen.getByLabelText('Folder'), '/var/log');
  await user.type(screen.getByLabelText(/Max body MB/), '5');
  await user.click(screen.getByRole('switch', { name: 'Recursive' }));
  await user.type(screen.getByLabelText(/Only files named/), '*.json\n *.gz \n');
  await user.click(screen.getByRole('button', { name: 'Add' }));
  await user.type(screen.getByLabelText('Name'), 'Authorization');
  await user.type(screen.getByLabelText('Value of Authorization'), 'Bearer x');
  expect(cleanConfig(config)).toEqual({
    path: '/var/log',
    maxBodyMb: 5,
    recursive: false,
    include: ['*.json', '*.gz'],
    headers: { Authorization: 'Bearer x' },
  });
});

test('a field that is emptied is left out', async () => {
  const user = userEvent.setup();
  let config: Config = {};
  render(<Harness onChange={(next) => (config = next)} />);
  await user.type(screen.getByLabelText('Folder'), 'x');
  await user.clear(screen.getByLabelText('Folder'));
  expect(config).toEqual({});
});

test('a stored secret may stay empty, and is never in the field', () => {
  render(<Harness onChange={() => {}} secretsSet={['token']} />);
  const token = screen.getByLabelText(/^Token/);
  expect(token).toHaveValue('');
  expect(token).toHaveAttribute('type', 'password');
  expect(token).not.toBeRequired();
  expect(screen.getByText(/A value is stored/)).toBeInTheDocument();
});

test('what the API refused is said at its field', () => {
  render(<Harness onChange={() => {}} error={{ field: 'config.path', message: 'does not exist' }} />);
  expect(screen.getByLabelText('Folder')).toBeInvalid();
  expect(screen.getByText('does not exist')).toBeInTheDocument();
});
