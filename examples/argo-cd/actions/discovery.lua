-- Which buttons Argo CD offers on a Rollout of tidegate.io, by what the controller would accept now.
local status = obj.status or {}
local phase = status.phase
local waits = (status.pauseConditions ~= nil and #status.pauseConditions > 0) or status.manualPauseStartedAt ~= nil
local moving = phase == "Progressing" or phase == "Paused"
local updating = status.stableRS ~= nil and status.stableRS ~= status.currentPodHash
local aborted = status.abortedAt ~= nil

return {
  ["promote"] = { ["disabled"] = not (moving and updating) },
  ["promote-full"] = { ["disabled"] = not updating },
  ["pause"] = { ["disabled"] = not (phase == "Progressing" and updating) },
  ["resume"] = { ["disabled"] = not waits },
  ["abort"] = { ["disabled"] = not (moving and updating) or aborted },
  ["retry"] = { ["disabled"] = not aborted },
  ["restart"] = { ["disabled"] = updating },
}
