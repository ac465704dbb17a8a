-- Health of a GitSync: Good is healthy; a held, suspended or restored one waits for Git or a person.
local health = {
  Fetching = "Progressing",
  Applying = "Progressing",
  Progressing = "Progressing",
  Baking = "Progressing",
  Good = "Healthy",
  Held = "Suspended",
  Suspended = "Suspended",
  Failed = "Degraded",
  Restoring = "Degraded",
  Reverting = "Degraded",
}
local status = obj.status
if status == nil or status.phase == nil then
  return { status = "Progressing", message = "Nothing has been fetched yet" }
end
return { status = health[status.phase] or "Unknown", message = status.message or "" }
