-- Health of a GitRevert: healthy once Git agrees again, degraded when a person has to see to it.
local health = {
  Pending = "Progressing",
  Computed = "Progressing",
  Pushed = "Healthy",
  Merged = "Healthy",
  Superseded = "Healthy",
  AlreadyReverted = "Healthy",
  Reported = "Healthy",
  NeedsHuman = "Degraded",
  Refused = "Degraded",
}
local status = obj.status
if status == nil or status.phase == nil then
  return { status = "Progressing", message = "The revert has not begun yet" }
end
return { status = health[status.phase] or "Unknown", message = status.message or "" }
