-- Health of a Rollout of tidegate.io. A paused one waits for a person: Suspended.
local health = { Healthy = "Healthy", Progressing = "Progressing", Paused = "Suspended", Degraded = "Degraded" }
local status = obj.status
if status == nil or status.phase == nil then
  return { status = "Progressing", message = "The controller has not seen the Rollout yet" }
end
if status.observedGeneration ~= nil and status.observedGeneration < obj.metadata.generation then
  return { status = "Progressing", message = "The controller has not seen the last change yet" }
end
return { status = health[status.phase] or "Unknown", message = status.message or "" }
