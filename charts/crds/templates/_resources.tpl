{{- /* A quantity of Kubernetes, such as 500m or 1Gi, as a number. */ -}}
{{- define "eevee.quantity" -}}
{{- $text := toString . -}}
{{- $suffix := regexFind "([KMGTPE]i|[numkMGTPE])$" $text -}}
{{- $factors := dict "" "1" "n" "1e-9" "u" "1e-6" "m" "1e-3" "k" "1e3" "M" "1e6" "G" "1e9" "T" "1e12" "P" "1e15" "E" "1e18" "Ki" "1024" "Mi" "1048576" "Gi" "1073741824" "Ti" "1099511627776" "Pi" "1125899906842624" "Ei" "1152921504606846976" -}}
{{- mulf (trimSuffix $suffix $text | float64) (get $factors $suffix | float64) -}}
{{- end -}}

{{- /* Refuses requests above their limits, as the API server would: (dict "resources" map "path" "operator.operator.resources"). */ -}}
{{- define "eevee.checkResources" -}}
{{- $path := .path -}}
{{- $resources := .resources | default dict -}}
{{- $limits := $resources.limits | default dict -}}
{{- range $name, $request := $resources.requests | default dict -}}
  {{- $limit := get $limits $name -}}
  {{- if and (hasKey $limits $name) (gt (include "eevee.quantity" $request | float64) (include "eevee.quantity" $limit | float64)) -}}
    {{- fail (printf "\n\n%s.requests.%s is %v, and %s.limits.%s only %v: raise the limit or lower the request.\n" $path $name $request $path $name $limit) -}}
  {{- end -}}
{{- end -}}
{{- end -}}
