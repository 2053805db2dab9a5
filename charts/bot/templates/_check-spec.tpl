{{- /*
Refuses what the definition of a kind would refuse, and the schema of the values cannot express:
(dict "kind" "BotModule" "spec" map "path" "botModules[0].spec").
*/ -}}
{{- define "bot.checkSpec" -}}
{{- $checks := get (include "bot.specChecks" . | fromJson) .kind -}}
{{- include "bot.checkValue" (dict "value" .spec "path" .path "place" "" "checks" $checks) -}}
{{- end -}}

{{- /* Checks a value and all within it. `place` is its path in the spec, with [] for each index. */ -}}
{{- define "bot.checkValue" -}}
{{- $context := . -}}
{{- range get .checks .place | default list -}}
  {{- include (printf "bot.check.%s" .name) (dict "value" $context.value "path" $context.path "keys" .keys) -}}
{{- end -}}
{{- if kindIs "map" .value -}}
  {{- range $name, $field := .value -}}
    {{- $place := trimPrefix "." (printf "%s.%s" $context.place $name) -}}
    {{- include "bot.checkValue" (dict "value" $field "path" (printf "%s.%s" $context.path $name) "place" $place "checks" $context.checks) -}}
  {{- end -}}
{{- else if kindIs "slice" .value -}}
  {{- range $index, $entry := .value -}}
    {{- include "bot.checkValue" (dict "value" $entry "path" (printf "%s[%d]" $context.path $index) "place" (printf "%s[]" $context.place) "checks" $context.checks) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "bot.check.resources" -}}
{{- include "eevee.checkResources" (dict "resources" .value "path" .path) -}}
{{- end -}}

{{- define "bot.check.scrapeTimes" -}}
{{- include "eevee.checkScrapeTimes" (dict "times" (.value | default dict) "path" .path) -}}
{{- end -}}

{{- define "bot.check.entries" -}}
{{- include "eevee.checkEntries" (dict "entries" .value "path" .path "keys" .keys) -}}
{{- end -}}

{{- define "bot.check.scrapedMetrics" -}}
{{- $monitor := .value.podMonitor -}}
{{- $isOff := and (kindIs "map" $monitor) (hasKey ($monitor | default dict) "enabled") (not ($monitor | default dict).enabled) -}}
{{- if and (kindIs "map" $monitor) (not $isOff) (not .value.metrics) -}}
  {{- fail (printf "\n\n%s.podMonitor needs %s.metrics: set metrics to true, or remove podMonitor.\n" .path .path) -}}
{{- end -}}
{{- end -}}

{{- define "bot.check.bytes" -}}
{{- if gt (len .value) 262144 -}}
  {{- fail (printf "\n\n%s has %d bytes: it must be at most 256 KiB (262144 bytes). Put larger files into a volume or an image.\n" .path (len .value)) -}}
{{- end -}}
{{- end -}}

{{- define "bot.check.startWindow" -}}
{{- $window := include "eevee.milliseconds" .value | float64 -}}
{{- if or (lt $window 60000.0) (gt $window 86400000.0) -}}
  {{- fail (printf "\n\n%s is %s: it must be a duration from 1m to 24h in hours and minutes, such as 30m, 2h or 1h30m.\n" .path .value) -}}
{{- end -}}
{{- end -}}
