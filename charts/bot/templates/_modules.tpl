{{- /*
The modules of the release as YAML {items: [{name, spec, …}]}: those of botModules, and those that irc, router, help and echo
request. A module of botModules takes precedence over one of the same name that this chart would create.
*/ -}}
{{- define "bot.modules" -}}
{{- $root := . -}}
{{- $items := .Values.botModules | default list -}}
{{- $taken := dict -}}
{{- range $items -}}
  {{- if hasKey $taken .name -}}{{- fail (printf "botModules: two modules have the name %s" .name) -}}{{- end -}}
  {{- $_ := set $taken .name true -}}
{{- end -}}
{{- $made := list -}}
{{- if .Values.irc -}}
  {{- $made = append $made (dict "name" "connector-irc" "image" "connector-irc" "values" .Values.connector "spec" (include "bot.ircSpec" . | fromYaml)) -}}
{{- end -}}
{{- range $name := list "router" "help" "echo" -}}
  {{- $values := index $root.Values $name | default dict -}}
  {{- $enabled := ternary (not (empty $root.Values.irc)) $values.enabled (kindIs "invalid" $values.enabled) -}}
  {{- if $enabled -}}
    {{- $image := ternary "echo-module" $name (eq $name "echo") -}}
    {{- $made = append $made (dict "name" $name "image" $image "values" $values "spec" dict) -}}
  {{- end -}}
{{- end -}}
{{- range $made -}}
  {{- $made := .spec -}}
  {{- if not (hasKey $taken .name) -}}
    {{- $values := .values | default dict -}}
    {{- $image := printf "%s:%s" ($values.image | default dict).repository (($values.image | default dict).tag | toString) -}}
    {{- $spec := dict "moduleName" .name "image" $image "ipcConfig" (($root.Values.ipcConfig).name | default "eevee-bot") "metrics" true "securityContext" (dict "readOnlyRootFilesystem" true) -}}
    {{- with $values.moduleConfig -}}{{- $_ := set $spec "moduleConfig" (toYaml .) -}}{{- end -}}
    {{- $given := deepCopy ($values.spec | default dict) -}}
    {{- /* Not merged with those of the values: a request above their limit would be invalid. The registrations of all modules are in the router. */ -}}
    {{- if not (hasKey $given "resources") -}}
      {{- $limit := ternary "512Mi" "256Mi" (eq .name "router") -}}
      {{- $_ := set $spec "resources" (dict "requests" (dict "cpu" "20m" "memory" "96Mi") "limits" (dict "memory" $limit)) -}}
    {{- end -}}
    {{- /* Volumes of the values are added to the Secrets of connections: merging lists would replace them. */ -}}
    {{- $both := dict -}}
    {{- range $list := list "volumes" "volumeMounts" -}}
      {{- with concat (index $made $list | default list) (index $given $list | default list) -}}{{- $_ := set $both $list . -}}{{- end -}}
    {{- end -}}
    {{- $spec = mergeOverwrite $spec $made $given $both -}}
    {{- include "bot.checkSpec" (dict "kind" "BotModule" "spec" $spec "path" (printf "%s.spec" (ternary "connector" .name (eq .name "connector-irc")))) -}}
    {{- $items = append $items (dict "name" .name "spec" $spec) -}}
  {{- end -}}
{{- end -}}
{{- dict "items" $items | toYaml -}}
{{- end -}}

{{- /* Configuration of the IRC connector, and the Secrets that it reads as files. */ -}}
{{- define "bot.ircSpec" -}}
{{- $connections := list -}}
{{- $volumes := list -}}
{{- $mounts := list -}}
{{- $botName := .Values.name -}}
{{- $taken := dict -}}
{{- range $index, $irc := .Values.irc -}}
  {{- if hasKey $taken $irc.name -}}{{- fail (printf "irc[%d].name: another connection has the name %s" $index $irc.name) -}}{{- end -}}
  {{- $_ := set $taken $irc.name true -}}
  {{- $tls := $irc.tls | default false -}}
  {{- $connection := dict "name" $irc.name -}}
  {{- $server := dict "host" $irc.host "ssl" $tls "port" (int ($irc.port | default (ternary 6697 6667 $tls))) -}}
  {{- $nick := $irc.nick | default $botName -}}
  {{- $ident := dict "nick" $nick "username" ($irc.username | default $nick) "gecos" ($irc.realname | default $nick) -}}
  {{- $secrets := dict "password" $irc.passwordSecret "sasl" (($irc.sasl | default dict).passwordSecret) "nickserv" (($irc.nickserv | default dict).passwordSecret) -}}
  {{- range $purpose, $secret := $secrets -}}
    {{- if $secret -}}
      {{- $volume := printf "irc-%d-%s" $index $purpose -}}
      {{- $item := dict "key" $secret.key "path" "value" -}}
      {{- $volumes = append $volumes (dict "name" $volume "secret" (dict "secretName" $secret.name "items" (list $item))) -}}
      {{- $mounts = append $mounts (dict "name" $volume "mountPath" (printf "/etc/eevee/%s" $volume) "readOnly" true) -}}
    {{- end -}}
  {{- end -}}
  {{- if $irc.passwordSecret -}}{{- $_ := set $server "password" (dict "file" (printf "/etc/eevee/irc-%d-password/value" $index)) -}}{{- end -}}
  {{- with $irc.sasl -}}
    {{- $sasl := omit . "passwordSecret" -}}
    {{- if .passwordSecret -}}{{- $_ := set $sasl "password" (dict "file" (printf "/etc/eevee/irc-%d-sasl/value" $index)) -}}{{- end -}}
    {{- $_ := set $connection "sasl" $sasl -}}
  {{- end -}}
  {{- with $irc.nickserv -}}
    {{- $nickserv := omit . "passwordSecret" -}}
    {{- if .passwordSecret -}}{{- $_ := set $nickserv "password" (dict "file" (printf "/etc/eevee/irc-%d-nickserv/value" $index)) -}}{{- end -}}
    {{- $_ := set $connection "nickserv" $nickserv -}}
  {{- end -}}
  {{- with $irc.altNicks -}}{{- $_ := set $connection "altNicks" . -}}{{- end -}}
  {{- $prefix := regexQuoteMeta ($irc.prefix | default "!") -}}
  {{- $connection = merge $connection (dict "irc" $server "ident" $ident "channels" ($irc.channels | default list) "commands" (dict "commonPrefixRegex" (printf "^%s" $prefix))) -}}
  {{- $connection = mergeOverwrite $connection (deepCopy ($irc.settings | default dict)) -}}
  {{- with $connection.sasl -}}
    {{- if and (ne (.mechanism | default "PLAIN") "EXTERNAL") (not .password) -}}{{- fail (printf "irc[%d].sasl: PLAIN needs passwordSecret" $index) -}}{{- end -}}
  {{- end -}}
  {{- with $connection.nickserv -}}
    {{- if not .password -}}{{- fail (printf "irc[%d].nickserv needs passwordSecret" $index) -}}{{- end -}}
  {{- end -}}
  {{- $connections = append $connections $connection -}}
{{- end -}}
{{- $spec := dict "moduleConfig" (toYaml (dict "connections" $connections)) -}}
{{- if $volumes -}}{{- $_ := set $spec "volumes" $volumes -}}{{- $_ := set $spec "volumeMounts" $mounts -}}{{- end -}}
{{- toYaml $spec -}}
{{- end -}}

{{- /* Where users can talk to the bot: a line for each connection to IRC. */ -}}
{{- define "bot.whereToTalk" -}}
{{- $botName := .Values.name -}}
{{- range .Values.irc }}
{{- $channels := list -}}
{{- range .channels -}}
{{- if kindIs "map" . -}}{{- $channels = append $channels .channel -}}{{- else -}}{{- $channels = append $channels . -}}{{- end -}}
{{- end }}
  {{ .nick | default $botName }} on {{ .host }}{{ with $channels }}, in {{ join ", " . }}{{ end }}: say {{ .prefix | default "!" }}help
{{- end -}}
{{- end -}}
