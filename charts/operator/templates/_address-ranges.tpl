{{- /*
An address as a JSON list of numbers: four bytes, or eight groups of 16 bits. Empty for an IPv6 address that ends like one of IPv4, and for
other text, both of which are left to the API server.
*/ -}}
{{- define "operator.addressNumbers" -}}
{{- $numbers := list -}}
{{- if regexMatch "^[0-9]+([.][0-9]+){3}$" . -}}
  {{- range splitList "." . -}}{{- $numbers = append $numbers (atoi .) -}}{{- end -}}
{{- else if regexMatch "^[0-9a-fA-F:]+$" . -}}
  {{- $halves := splitList "::" . -}}
  {{- $groups := compact (splitList ":" (first $halves)) -}}
  {{- $last := compact (splitList ":" (rest $halves | join ":")) -}}
  {{- range until (int (max 0 (sub 8 (add (len $groups) (len $last))))) -}}{{- $groups = append $groups "0" -}}{{- end -}}
  {{- range concat $groups $last -}}{{- $numbers = append $numbers (int64 (printf "0x%s" .)) -}}{{- end -}}
  {{- if ne (len $numbers) 8 -}}{{- $numbers = list -}}{{- end -}}
{{- end -}}
{{- toJson $numbers -}}
{{- end -}}

{{- /* Not empty if a range of addresses is a proper part of another one, or if that is not known: (dict "part" "10.1.0.0/16" "whole" "10.0.0.0/8"). */ -}}
{{- define "operator.isPartOfRange" -}}
{{- $whole := splitList "/" .whole -}}
{{- $part := splitList "/" .part -}}
{{- $length := atoi (last $whole) -}}
{{- $numbers := include "operator.addressNumbers" (first $whole) | fromJsonArray -}}
{{- $others := include "operator.addressNumbers" (first $part) | fromJsonArray -}}
{{- $isPart := and (eq (len $numbers) (len $others)) (gt (atoi (last $part)) $length) -}}
{{- if and $isPart $numbers -}}
  {{- $width := ternary 8 16 (eq (len $numbers) 4) -}}
  {{- range $index, $number := $numbers -}}
    {{- /* Bits of the number that may differ, as the divisor that removes them. */ -}}
    {{- $divisor := 1 -}}
    {{- range until (int (min $width (max 0 (sub (mul (add1 $index) $width) $length)))) -}}{{- $divisor = mul $divisor 2 -}}{{- end -}}
    {{- if ne (div (int64 $number) $divisor) (div (int64 (index $others $index)) $divisor) -}}{{- $isPart = false -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- if or $isPart (not $numbers) (not $others) -}}true{{- end -}}
{{- end -}}

{{- /* Refuses exceptions outside their range, as the API server would. */ -}}
{{- define "operator.checkPeers" -}}
{{- range $index, $peer := .Values.networkPolicy.from -}}
  {{- $block := $peer.ipBlock | default dict -}}
  {{- range $number, $except := $block.except -}}
    {{- if not (include "operator.isPartOfRange" (dict "part" $except "whole" $block.cidr)) -}}
      {{- $path := printf "networkPolicy.from[%d].ipBlock" $index -}}
      {{- fail (printf "\n\n%s.except[%d] is %s, which is not a part of %s.cidr, %s: correct one of the two.\n" $path $number $except $path $block.cidr) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
