/** `npm run format`: writes the format that `npm run check` asks for. */

import { run, tool } from './programs.ts';

process.exitCode = await run(tool('biome'), ['format', '--write', '.']);
