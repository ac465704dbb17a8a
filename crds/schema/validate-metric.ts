/** Rules about one metric, whether its template is used or not. Values with arguments in them are judged once those are known. */

import { parseDurationMs } from './duration.ts';
import { parseInt32 } from './int-or-string.ts';
import type { Metric } from './metric.ts';
import { isTemplated, metricDurationFields, metricNumberFields, metricSettings } from './metric-settings.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import { providerFaults } from './provider-faults.ts';
import { providerNames } from './providers.ts';

function numbers(metric: Metric, field: string, report: Report): Problem[] {
  return metricNumberFields.flatMap((name) => {
    const value = metric[name];
    if (value === undefined || isTemplated(value)) return [];
    const number = parseInt32(value);
    const least = name === 'failureLimit' ? -1 : 0;
    if (number !== undefined && number >= least) return [];
    const allowed =
      name === 'failureLimit'
        ? 'it must be a whole number of 0 or more, or -1 for no limit'
        : 'it must be a whole number of 0 or more';
    return [report(`${field}.${name}`, valueText(value), allowed, 'correct the number')];
  });
}

function durations(metric: Metric, field: string, report: Report): Problem[] {
  return metricDurationFields.flatMap((name) => {
    const value = metric[name];
    if (value === undefined || isTemplated(value)) return [];
    const ms = parseDurationMs(value);
    const readable = ms !== undefined && (name === 'interval' ? ms > 0 : ms >= 0);
    return readable
      ? []
      : [
          report(
            `${field}.${name}`,
            valueText(value),
            'it must be a duration',
            'write a number and a unit, such as 30s or 5m',
          ),
        ];
  });
}

/** Argo's rules for how the numbers of one metric go together. */
function limits(metric: Metric, field: string, report: Report): Problem[] {
  if (metricNumberFields.some((name) => isTemplated(metric[name]))) return [];
  const { count, failureLimit, inconclusiveLimit, consecutiveSuccessLimit } = metricSettings(metric);
  const problems: Problem[] = [];
  if (metric.interval === undefined && count !== undefined && count > 1) {
    problems.push(
      report(
        `${field}.interval`,
        'unset',
        `it is required when count (${count}) is more than 1`,
        'add the time between two measurements',
      ),
    );
  }
  if (failureLimit === -1 && consecutiveSuccessLimit === 0) {
    problems.push(
      report(
        `${field}.failureLimit`,
        '-1',
        'without a limit the metric can only end by consecutiveSuccessLimit',
        'set consecutiveSuccessLimit',
      ),
    );
  }
  if (metric.count === undefined || count === undefined) return problems;
  const needed = Math.max(0, failureLimit) + consecutiveSuccessLimit;
  if (count < needed) {
    problems.push(
      report(
        `${field}.count`,
        valueText(count),
        `it must be at least failureLimit + consecutiveSuccessLimit, which is ${needed}`,
        'raise count or lower the limits',
      ),
    );
  }
  if (count < inconclusiveLimit) {
    problems.push(
      report(
        `${field}.inconclusiveLimit`,
        valueText(inconclusiveLimit),
        `it must not be above count, which is ${count}`,
        'raise count or lower the limit',
      ),
    );
  }
  return problems;
}

function provider(metric: Metric, field: string, report: Report): Problem[] {
  const at = `${field}.provider`;
  const set = providerNames.filter((name) => metric.provider[name] !== undefined);
  if (set.length !== 1) {
    return [
      report(
        at,
        set.join(' and ') || 'empty',
        'exactly one provider must be set',
        set.length === 0 ? 'add prometheus or web' : 'make a metric of each',
      ),
    ];
  }
  const { prometheus, web } = metric.provider;
  const problems: Problem[] = [];
  if (prometheus !== undefined && !prometheus.query)
    problems.push(report(`${at}.prometheus.query`, 'empty', 'a query is required', 'write the PromQL'));
  if (web !== undefined && !/^(https?:\/\/|\{\{)/.test(web.url))
    problems.push(
      report(`${at}.web.url`, valueText(web.url), 'it must be an http or https address', 'write the whole address'),
    );
  if (web?.body !== undefined && web.jsonBody !== undefined)
    problems.push(report(`${at}.web.body`, 'set beside jsonBody', 'one body can be sent', 'leave body or jsonBody'));
  const hasBody = web?.body !== undefined || web?.jsonBody !== undefined;
  if (web !== undefined && hasBody && (web.method ?? 'GET') === 'GET') {
    problems.push(
      report(
        `${at}.web.method`,
        valueText(web.method ?? 'GET'),
        'a body is sent with POST or PUT',
        'set method or remove the body',
      ),
    );
  }
  const faults = providerFaults(metric).map((one) =>
    report(`${field}.${one.field}`, one.found, one.allowed, one.remedy),
  );
  return [...problems, ...faults];
}

/** Everything wrong with one metric. `field` is its path, such as `spec.metrics[0]`. */
export function validateMetric(metric: Metric, field: string, report: Report): Problem[] {
  return [
    ...(metric.name === '' ? [report(`${field}.name`, 'empty', 'a metric needs a name', 'name it')] : []),
    ...numbers(metric, field, report),
    ...durations(metric, field, report),
    ...limits(metric, field, report),
    ...provider(metric, field, report),
  ];
}

/** A metric that blocks a step must end by itself. */
export function validateFinite(metric: Metric, field: string, report: Report): Problem[] {
  if (isTemplated(metric.count) || metricSettings(metric).count !== undefined) return [];
  return [
    report(
      `${field}.count`,
      valueText(metric.count),
      'a metric of a step must end, and one with an interval and no count is endless',
      'set count',
    ),
  ];
}
