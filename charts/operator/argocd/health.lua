-- Health of the five kinds of eevee.bot for Argo CD, from their conditions Ready, Stalled and Paused.

-- Reasons with which something that ran does not run any more, although it may recover without a change of the resource.
local failing = { Unavailable = true, ConnectionFailed = true }

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready

if conditions.Paused ~= nil and conditions.Paused.status == "True" then
  return { status = "Suspended", message = conditions.Paused.message }
end
if ready == nil then
  return { status = "Progressing", message = "the operator has not seen the resource yet" }
end
if status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "the operator has not seen the latest change yet" }
end

local message = ready.reason .. ": " .. ready.message
if ready.status == "True" then
  return { status = "Healthy", message = message }
end
if conditions.Stalled ~= nil and conditions.Stalled.status == "True" or failing[ready.reason] then
  return { status = "Degraded", message = message }
end
return { status = "Progressing", message = message }
