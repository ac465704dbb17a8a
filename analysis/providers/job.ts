/** The metrics backend `job`: runs a Job in the namespace of the run; its success is the success of the measurement. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { JobPort, JobState, MeasureContext, MetricProblem, MetricProvider, Reading } from '../provider.ts';

/** Argo Rollouts' keys in the metadata of a measurement, so that either controller goes on with a Job of the other. */
const jobName = 'job-name';
const jobNamespace = 'job-namespace';
const field = 'provider.job.spec';

export function jobProvider(): MetricProvider {
  return { name: 'job', lint: (metric) => lint(metric), measure };
}

function lint(metric: Metric): MetricProblem[] {
  const pod = podSpec(metric);
  if (pod === undefined) {
    return [{ field: `${field}.template.spec`, message: 'is missing: a Job needs a pod template with its containers' }];
  }
  const { containers, restartPolicy } = pod;
  if (!Array.isArray(containers) || containers.length === 0)
    return [{ field: `${field}.template.spec.containers`, message: 'is empty: a Job needs a container' }];
  if (restartPolicy === 'Never' || restartPolicy === 'OnFailure') return [];
  return [
    { field: `${field}.template.spec.restartPolicy`, message: 'needs to be Never or OnFailure: others never end' },
  ];
}

function podSpec(metric: Metric): JsonObject | undefined {
  const template = memberOf(metric.provider.job?.spec as Json | undefined, 'template');
  const spec = memberOf(template, 'spec');
  return isJsonObject(spec) ? spec : undefined;
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const { jobs, resume } = context;
  if (jobs === undefined) return { kind: 'misconfigured', why: 'this controller runs no Jobs' };
  const name = resume?.[jobName];
  return name === undefined ? start(metric, jobs) : look(name, jobs);
}

async function start(metric: Metric, jobs: JobPort): Promise<Reading> {
  const [problem] = lint(metric);
  if (problem !== undefined) return { kind: 'misconfigured', why: `${problem.field} ${problem.message}` };
  const { metadata, spec } = metric.provider.job ?? {};
  const { labels = {}, annotations = {} } = metadata ?? {};
  const started = await jobs.start({ metric: metric.name, labels, annotations, spec: (spec ?? {}) as JsonObject });
  return started.kind === 'started' ? running(started.name, jobs) : started;
}

function running(name: string, jobs: JobPort): Reading {
  return { kind: 'running', resume: { [jobName]: name, [jobNamespace]: jobs.namespace } };
}

async function look(name: string, jobs: JobPort): Promise<Reading> {
  const state: JobState = await jobs.look(name);
  switch (state.kind) {
    case 'succeeded':
      return { kind: 'verdict', phase: 'Successful' };
    case 'failed':
      return { kind: 'verdict', phase: 'Failed', why: state.why };
    case 'stuck':
      await jobs.remove(name);
      return { kind: 'verdict', phase: 'Inconclusive', why: state.why };
    case 'gone':
      return { kind: 'unavailable', why: `Job ${name} was deleted before it ended` };
    // The Job goes on whether or not it can be looked at just now.
    case 'running':
    case 'no-evidence':
    case 'misconfigured':
    case 'unavailable':
      return running(name, jobs);
  }
}
