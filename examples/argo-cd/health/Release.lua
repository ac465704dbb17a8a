-- Health of a Release: what became of one commit.
local health = {
  Candidate = "Progressing",
  Good = "Healthy",
  Superseded = "Healthy",
  Bad = "Degraded",
  Quarantined = "Degraded",
  Held = "Suspended",
}
local status = obj.status
if status == nil or status.phase == nil then
  return { status = "Progressing", message = "The release has not begun yet" }
end
return { status = health[status.phase] or "Unknown", message = status.message or "" }
