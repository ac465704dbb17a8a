import { proves } from './proves.ts';

proves('R45');
