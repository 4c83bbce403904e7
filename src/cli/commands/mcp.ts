import type { Command } from 'commander';
import type { Tq } from '../tq.ts';

/** For MCP clients that start a command: `{"command": "tq", "args": ["mcp"]}`. Ends when its input does. */
export function mcp(command: Command, tq: Tq): void {
  command.action(async () => {
    const { serveMcpOverStdio } = await import('../../mcp/stdio.ts');
    await serveMcpOverStdio({
      connection: tq.settings,
      onFault: (error) => tq.out.say(`tq: ${error instanceof Error ? error.stack : error}`),
    });
  });
}
