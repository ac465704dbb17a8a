import { proves } from './proves.ts';

proves('R37');
