import type { Command } from 'commander';
import type { Tq } from '../tq.ts';
import { ownVersion } from '../version.ts';

/** For MCP clients that start a command: `{"command": "tq", "args": ["mcp"]}`. Ends when its input does. */
export function mcp(command: Command, tq: Tq): void {
  command.action(async () => {
    const { serveMcpOverStdio } = await import('../../mcp/stdio.ts');
    serveMcpOverStdio({
      connection: tq.settings,
      version: ownVersion(),
      onFault: (error) => tq.out.say(`tq: ${error instanceof Error ? error.stack : error}`),
    });
  });
}
