/**
 * The steps of a canary as Argo Rollouts' Go types encode them, in the notation of pod-template-fields.ts; `raw` is JSON that
 * is passed through. test/pod-hash/steps-go lists the same from the types of v1.9.1 ("step-hash fields").
 */

export const stepTypes = `
CanaryStep setWeight:*int? pause:*RolloutPause? experiment:*RolloutExperimentStep? analysis:*RolloutAnalysis?
  setCanaryScale:*SetCanaryScale? setHeaderRoute:*SetHeaderRoute? setMirrorRoute:*SetMirrorRoute? plugin:*PluginStep?
RolloutPause duration:*intstr?
RolloutExperimentStep templates:[]RolloutExperimentTemplate duration:string?
  analyses:[]RolloutExperimentStepAnalysisTemplateRef? dryRun:[]DryRun? analysisRunMetadata:AnalysisRunMetadata?
  scaleDownDelaySeconds:*int?
RolloutExperimentTemplate name:string specRef:string replicas:*int? metadata:PodTemplateMetadata?
  selector:*LabelSelector? weight:*int? service:*TemplateService?
PodTemplateMetadata labels:{}string? annotations:{}string?
LabelSelector matchLabels:{}string? matchExpressions:[]LabelSelectorRequirement?
LabelSelectorRequirement key:string operator:string values:[]string?
TemplateService name:string?
RolloutExperimentStepAnalysisTemplateRef name:string templateName:string clusterScope:*bool?
  args:[]AnalysisRunArgument? requiredForCompletion:bool?
AnalysisRunArgument name:string value:string? valueFrom:*ArgumentValueFrom?
ArgumentValueFrom podTemplateHashValue:*string? fieldRef:*FieldRef?
FieldRef fieldPath:string
DryRun metricName:string
AnalysisRunMetadata labels:{}string? annotations:{}string?
RolloutAnalysis templates:[]AnalysisTemplateRef? args:[]AnalysisRunArgument? dryRun:[]DryRun?
  measurementRetention:[]MeasurementRetention? analysisRunMetadata:*AnalysisRunMetadata?
AnalysisTemplateRef templateName:string clusterScope:*bool?
MeasurementRetention metricName:string limit:int
SetCanaryScale weight:*int? replicas:*int? matchTrafficWeight:bool?
SetHeaderRoute name:string? match:[]HeaderRoutingMatch?
HeaderRoutingMatch headerName:string headerValue:*StringMatch
StringMatch exact:string? prefix:string? regex:string?
SetMirrorRoute name:string match:[]RouteMatch? percentage:*int?
RouteMatch method:*StringMatch? path:*StringMatch? headers:{}StringMatch?
PluginStep name:string config:raw?
`;
