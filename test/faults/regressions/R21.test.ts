import { proves } from './proves.ts';

proves('R21');
