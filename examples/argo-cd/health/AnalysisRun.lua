-- Health of an AnalysisRun of tidegate.io: an inconclusive one waits for a person.
local health = {
  Pending = "Progressing",
  Running = "Progressing",
  Successful = "Healthy",
  Failed = "Degraded",
  Error = "Degraded",
  Inconclusive = "Suspended",
}
local status = obj.status
if status == nil or status.phase == nil then
  return { status = "Progressing", message = "No measurement has been taken yet" }
end
return { status = health[status.phase] or "Unknown", message = status.message or "" }
