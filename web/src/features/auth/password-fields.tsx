import { useState } from 'react';
import { Field, TextInput } from '../../components/field.tsx';

export const PASSWORD_MIN_LENGTH = 12;

interface PasswordFieldsProps {
  readonly password: string;
  readonly repeated: string;
  readonly onChange: (password: string, repeated: string) => void;
  readonly error?: string | undefined;
  readonly label?: string;
}

/** What is wrong with a new password; undefined when it may be sent. */
export function passwordProblem(password: string, repeated: string): string | undefined {
  if (password.length < PASSWORD_MIN_LENGTH)
    return `The password must have at least ${PASSWORD_MIN_LENGTH} characters.`;
  return password === repeated ? undefined : 'The two passwords are not the same.';
}

/** A new password, twice. */
export function PasswordFields({ password, repeated, onChange, error, label = 'Password' }: PasswordFieldsProps) {
  const [left, setLeft] = useState(false);
  const differs = left && repeated !== '' && repeated !== password;
  return (
    <>
      <Field
        label={label}
        error={error}
        help={`At least ${PASSWORD_MIN_LENGTH} characters; several words are easy to remember.`}
      >
        <TextInput
          type="password"
          autoComplete="new-password"
          value={password}
          required
          onChange={(event) => onChange(event.target.value, repeated)}
        />
      </Field>
      <Field label={`${label} again`} error={differs ? 'The two passwords are not the same.' : undefined}>
        <TextInput
          type="password"
          autoComplete="new-password"
          value={repeated}
          required
          onBlur={() => setLeft(true)}
          onChange={(event) => onChange(password, event.target.value)}
        />
      </Field>
    </>
  );
}
