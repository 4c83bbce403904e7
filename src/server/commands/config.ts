import { describeConfig, parseConfig } from '../../config.ts';

/** `rookery config`: the values in force, or with `--docs` the page docs/configuration.md. */
export async function showConfig(env: NodeJS.ProcessEnv, { docs }: { docs?: boolean }): Promise<void> {
  process.stdout.write(docs ? configurationPage() : settingsInForce(env));
}

function settingsInForce(env: NodeJS.ProcessEnv): string {
  return describeConfig(parseConfig(env))
    .map(({ name, value }) => `${name}=${value}\n`)
    .join('');
}

export function configurationPage(): string {
  const rows = describeConfig(parseConfig({})).map(
    ({ name, meaning, fallback }) => `| \`${name}\` | ${fallback && `\`${fallback}\``} | ${meaning} |\n`,
  );
  return `# Configuration

The hub is configured by environment variables alone; \`rookery config\` shows the values in force. This page is written by
\`npm run generated:write\` from the table in \`src/config.ts\`.

| variable | default | meaning |
|---|---|---|
${rows.join('')}`;
}
