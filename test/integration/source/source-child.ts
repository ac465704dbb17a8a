/** For tests: runs a source process of its own, so that it can be killed. The settings come as JSON in the first argument. */
import { runSource, type SourceConfig } from '../../../source/main.ts';

const config = JSON.parse(process.argv[2] ?? '{}') as SourceConfig;
await runSource(config, new AbortController().signal);
