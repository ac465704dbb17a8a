-- Pods that are older than now are replaced, a few at a time.
obj.spec.restartAt = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
