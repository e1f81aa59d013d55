/** The texts of `panther --help` and `panther COMMAND --help`. */
import type { AnyCommand, Option } from './command.ts';
import type { CommandEntry } from './commands/index.ts';

export function overviewHelp(commands: readonly CommandEntry[]): string {
  return [
    'Detect threats in security logs.',
    '',
    'Usage: panther COMMAND [options]',
    '',
    'Commands:',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Options:',
    ...columns([
      ['--help', 'show this, or the help of a command'],
      ['--version', 'show the version'],
    ]),
    '',
    'Exit status: 0 done, 1 the work found failures, 2 wrong use, 130 interrupted.',
    '',
  ].join('\n');
}

export function commandHelp(command: AnyCommand): string {
  const options = Object.entries<Option>(command.options).map(
    ([name, option]) => [optionSyntax(name, option), optionText(option)] as const,
  );
  const lines = [`${command.summary}.`, '', `Usage: panther ${command.name} ${command.usage}`];
  if (command.details) lines.push('', command.details);
  lines.push('', 'Options:', ...columns([...options, ['--help', 'show this']]));
  if (command.examples.length > 0) lines.push('', 'Examples:');
  for (const { line, does } of command.examples) lines.push(`  ${line}`, `      ${does}`);
  return `${lines.join('\n')}\n`;
}

function optionSyntax(name: string, option: Option): string {
  const names = [name, ...(option.aliases ?? [])].map((each) => `--${each}`).join(', ');
  return option.value === undefined ? names : `${names} ${option.value}`;
}

function optionText(option: Option): string {
  const notes: string[] = [];
  if ('choices' in option && option.choices) notes.push(`one of ${option.choices.join(', ')}`);
  if ('repeatable' in option && option.repeatable) notes.push('can be repeated');
  if ('default' in option && option.default !== undefined) notes.push(`default ${option.default}`);
  return notes.length === 0 ? option.description : `${option.description} (${notes.join('; ')})`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
