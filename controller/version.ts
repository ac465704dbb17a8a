/** The version of this build, from package.json; the bundler puts it into the bundle. */

import packageJson from '../package.json' with { type: 'json' };

export const version: string = packageJson.version;
