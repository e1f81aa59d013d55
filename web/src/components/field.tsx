/** Labelled controls of forms. */
import { Field as BaseField } from '@base-ui/react/field';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './field.module.css';

interface FieldProps {
  readonly label: string;
  readonly help?: ReactNode;
  readonly error?: string | undefined;
  readonly required?: boolean;
  readonly children: ReactNode;
}

/** A label, the control, what it means, and what is wrong with its value. */
export function Field({ label, help, error, required, children }: FieldProps) {
  return (
    <BaseField.Root className={styles.field} invalid={error !== undefined}>
      <BaseField.Label className={styles.label}>
        {label}
        {required === false && <span className={styles.optional}> (optional)</span>}
      </BaseField.Label>
      {children}
      {error !== undefined && (
        <BaseField.Error match className={styles.error}>
          {error}
        </BaseField.Error>
      )}
      {help !== undefined && <BaseField.Description className={styles.help}>{help}</BaseField.Description>}
    </BaseField.Root>
  );
}

/** A text input; inside a `Field` it takes the label's name. */
export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return <BaseField.Control {...(rest as object)} className={cx(styles.input, className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <BaseField.Control render={<textarea {...rest} />} className={cx(styles.input, styles.area, className)} />;
}

interface SwitchProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly label: string;
  /** The name is only for assistive technology. */
  readonly bare?: boolean;
  readonly disabled?: boolean;
}

export function Switch({ checked, onChange, label, bare, disabled }: SwitchProps) {
  const control = (
    <BaseSwitch.Root
      checked={checked}
      onCheckedChange={(next) => onChange(next)}
      disabled={disabled ?? false}
      aria-label={label}
      className={styles.switch}
    >
      <BaseSwitch.Thumb className={styles.thumb} />
    </BaseSwitch.Root>
  );
  if (bare) return control;
  return (
    <span className={styles.switchRow}>
      {control}
      <span aria-hidden>{label}</span>
    </span>
  );
}

interface CheckProps extends ComponentProps<'input'> {
  readonly label: string;
  readonly bare?: boolean;
}

export function Check({ label, bare, className, ...rest }: CheckProps) {
  if (bare) return <input type="checkbox" aria-label={label} {...rest} className={cx(styles.check, className)} />;
  return (
    <label className={styles.checkRow}>
      <input type="checkbox" {...rest} className={cx(styles.check, className)} />
      {label}
    </label>
  );
}

/** Fields one below the other. */
export function Fields({ children }: { readonly children: ReactNode }) {
  return <div className={styles.fields}>{children}</div>;
}

/** What is wrong with the whole form. */
export function FormError({ children }: { readonly children: ReactNode }) {
  return (
    <p role="alert" className={styles.formError}>
      {children}
    </p>
  );
}
