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
  {{- /* Kubernetes never promises more of these than a node has. */ -}}
  {{- if not (has $name (list "cpu" "memory" "ephemeral-storage" "storage")) -}}
    {{- if not (hasKey $limits $name) -}}
      {{- fail (printf "\n\n%s.requests.%s needs the same amount in %s.limits.%s, which is missing.\n" $path $name $path $name) -}}
    {{- else if ne (include "eevee.quantity" $request) (include "eevee.quantity" $limit) -}}
      {{- fail (printf "\n\n%s.requests.%s is %v, and %s.limits.%s is %v: the two must be equal.\n" $path $name $request $path $name $limit) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range $name, $limit := $limits -}}
  {{- if and (hasPrefix "hugepages-" $name) (not (or (hasKey $limits "cpu") (hasKey $limits "memory") (hasKey ($resources.requests | default dict) "cpu") (hasKey ($resources.requests | default dict) "memory"))) -}}
    {{- fail (printf "\n\n%s.limits.%s needs an amount of cpu or memory beside it: add %s.requests.memory.\n" $path $name $path) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- /* A duration of Prometheus, such as 1m30s, in milliseconds. */ -}}
{{- define "eevee.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0.0 -}}
{{- range $part := regexFindAll "[0-9]+[a-z]+" . -1 -}}
  {{- $sum = addf $sum (mulf (regexFind "[0-9]+" $part | float64) (get $units (regexFind "[a-z]+" $part))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{- /* Refuses a time limit above the interval, as Prometheus would: (dict "times" {interval, scrapeTimeout} "path" "serviceMonitor"). */ -}}
{{- define "eevee.checkScrapeTimes" -}}
{{- $interval := .times.interval | default "" -}}
{{- $timeout := .times.scrapeTimeout | default "" -}}
{{- if and $interval $timeout (gt (include "eevee.milliseconds" $timeout | float64) (include "eevee.milliseconds" $interval | float64)) -}}
  {{- fail (printf "\n\n%s.scrapeTimeout is %s, and %s.interval only %s, which Prometheus refuses: shorten scrapeTimeout or lengthen interval.\n" .path $timeout .path $interval) -}}
{{- end -}}
{{- end -}}

{{- /*
Refuses entries with the same identity, as the API server would: (dict "entries" list "path" "botModules[0].spec.env" "keys" {name: ""}).
Keys have the defaults of their fields. An entry in which a key without a default is missing, null or 0 is unlike all others.
*/ -}}
{{- define "eevee.checkEntries" -}}
{{- $path := .path -}}
{{- $keys := .keys -}}
{{- $taken := dict -}}
{{- range $index, $entry := .entries | default list -}}
  {{- $fields := list -}}
  {{- $values := list -}}
  {{- $isNamed := true -}}
  {{- range $key, $default := $keys -}}
    {{- $value := get $entry $key -}}
    {{- $isUnset := or (not (hasKey $entry $key)) (and (empty $value) (ne (toString $value) "")) -}}
    {{- if and (eq (toString $default) "") $isUnset -}}{{- $isNamed = false -}}{{- end -}}
    {{- $fields = append $fields (printf "%s[%d].%s" $path $index $key) -}}
    {{- $values = append $values (get $entry $key | default $default | toString) -}}
  {{- end -}}
  {{- $identity := toJson $values -}}
  {{- if and $isNamed (hasKey $taken $identity) -}}
    {{- fail (printf "\n\n%s and %s are both %s: change or remove one of the two.\n" (join ", " $fields) (get $taken $identity) (join ", " $values)) -}}
  {{- end -}}
  {{- if $isNamed -}}{{- $_ := set $taken $identity (join ", " $fields) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- /*
Refuses a user that the kubelet would not start: root, where the pod or the container must not run as root. Contexts by their paths:
(dict "pod" map "podPath" "update.podSecurityContext" "container" map "containerPath" "").
*/ -}}
{{- define "eevee.checkUser" -}}
{{- $pod := dict "path" .podPath "context" (.pod | default dict) -}}
{{- $container := dict "path" .containerPath "context" (.container | default dict) -}}
{{- $user := ternary $container $pod (hasKey $container.context "runAsUser") -}}
{{- $nonRoot := ternary $container $pod (hasKey $container.context "runAsNonRoot") -}}
{{- if and $nonRoot.context.runAsNonRoot (hasKey $user.context "runAsUser") (eq (toString $user.context.runAsUser) "0") -}}
  {{- fail (printf "\n\n%s.runAsUser is 0, and %s.runAsNonRoot is true, so the pod could not start: set another user.\n" $user.path $nonRoot.path) -}}
{{- end -}}
{{- end -}}
