-- Asks the controller to promote: a command is a set of annotations, and a new id makes it a new command.
local now = os.date("!%Y-%m-%dT%H:%M:%SZ")
local notes = obj.metadata.annotations or {}
notes["tidegate.io/command"] = "promote"
notes["tidegate.io/command-id"] = "argo-cd-promote-" .. now
notes["tidegate.io/command-actor"] = "argo-cd"
notes["tidegate.io/command-revision"] = obj.status and obj.status.currentPodHash or nil
obj.metadata.annotations = notes
return obj
