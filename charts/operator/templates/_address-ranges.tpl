{{- /*
An address as a JSON list of numbers: four bytes, or eight groups of 16 bits. Empty for other text, such as bytes with leading zeros, and
for an IPv4 address in the form of IPv6: the API server refuses both.
*/ -}}
{{- define "operator.addressNumbers" -}}
{{- $byte := "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" -}}
{{- $ipv4 := printf "%[1]s([.]%[1]s){3}" $byte -}}
{{- $groups := "[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*" -}}
{{- $text := . -}}
{{- $numbers := list -}}
{{- /* An IPv6 address may end like one of IPv4. */ -}}
{{- with regexFind (printf ":%s$" $ipv4) $text -}}
  {{- $bytes := splitList "." (trimPrefix ":" .) -}}
  {{- $last := list -}}
  {{- range $index := list 0 2 -}}
    {{- $last = append $last (printf "%x" (add (mul 256 (atoi (index $bytes $index))) (atoi (index $bytes (add1 $index))))) -}}
  {{- end -}}
  {{- $text = printf "%s:%s" (trimSuffix . $text) (join ":" $last) -}}
{{- end -}}
{{- if regexMatch (printf "^%s$" $ipv4) $text -}}
  {{- range splitList "." $text -}}{{- $numbers = append $numbers (atoi .) -}}{{- end -}}
{{- else if regexMatch (printf "^(%[1]s)?(::(%[1]s)?)?$" $groups) $text -}}
  {{- $halves := splitList "::" $text -}}
  {{- $first := compact (splitList ":" (first $halves)) -}}
  {{- $last := compact (splitList ":" (rest $halves | join "")) -}}
  {{- $missing := int (sub 8 (add (len $first) (len $last))) -}}
  {{- if ge $missing (len (rest $halves)) -}}
    {{- if gt (len $halves) 1 -}}{{- range until $missing -}}{{- $first = append $first "0" -}}{{- end -}}{{- end -}}
    {{- range concat $first $last -}}{{- $numbers = append $numbers (int64 (printf "0x%s" .)) -}}{{- end -}}
  {{- end -}}
  {{- if or (ne (len $numbers) 8) (hasPrefix "[0,0,0,0,0,65535," (toJson $numbers)) -}}{{- $numbers = list -}}{{- end -}}
{{- end -}}
{{- toJson $numbers -}}
{{- end -}}

{{- /* The numbers of an address with only the first bits set: (dict "numbers" list "length" 8). */ -}}
{{- define "operator.firstBits" -}}
{{- $width := ternary 8 16 (eq (len .numbers) 4) -}}
{{- $length := .length -}}
{{- $masked := list -}}
{{- range $index, $number := .numbers -}}
  {{- /* Bits of the number beyond the length, as the divisor that removes them. */ -}}
  {{- $divisor := 1 -}}
  {{- range until (int (min $width (max 0 (sub (mul (add1 $index) $width) $length)))) -}}{{- $divisor = mul $divisor 2 -}}{{- end -}}
  {{- $masked = append $masked (mul (div (int64 $number) $divisor) $divisor) -}}
{{- end -}}
{{- toJson $masked -}}
{{- end -}}

{{- /* A range of addresses as JSON {numbers, length}. Fails for any other text: (dict "range" "10.0.0.0/8" "path" "networkPolicy.from[0].ipBlock.cidr"). */ -}}
{{- define "operator.addressRange" -}}
{{- $parts := splitList "/" .range -}}
{{- $length := last $parts -}}
{{- $numbers := include "operator.addressNumbers" (first $parts) | fromJsonArray -}}
{{- $bits := ternary 32 128 (eq (len $numbers) 4) -}}
{{- if or (not $numbers) (ne $length (toString (atoi $length))) (gt (atoi $length) $bits) -}}
  {{- fail (printf "\n\n%s is %s, which is not a range of addresses, such as 10.0.0.0/8 or fd00::/8: correct it.\n" .path .range) -}}
{{- end -}}
{{- $first := include "operator.firstBits" (dict "numbers" $numbers "length" (atoi $length)) -}}
{{- if ne $first (toJson $numbers) -}}
  {{- $texts := list -}}
  {{- range fromJsonArray $first -}}{{- $texts = append $texts (ternary (toString .) (printf "%x" (int64 .)) (eq $bits 32)) -}}{{- end -}}
  {{- fail (printf "\n\n%s is %s, but the address has bits after the first %s, which newer Kubernetes refuses: write %s/%s.\n" .path .range $length (join (ternary "." ":" (eq $bits 32)) $texts) $length) -}}
{{- end -}}
{{- toJson (dict "numbers" $numbers "length" (atoi $length)) -}}
{{- end -}}

{{- /* Refuses ranges that are not valid, and exceptions outside their range, as the API server would. */ -}}
{{- define "operator.checkPeers" -}}
{{- range $index, $peer := .Values.networkPolicy.from -}}
  {{- with $peer.ipBlock -}}
    {{- $block := . -}}
    {{- $path := printf "networkPolicy.from[%d].ipBlock" $index -}}
    {{- $whole := include "operator.addressRange" (dict "range" $block.cidr "path" (printf "%s.cidr" $path)) | fromJson -}}
    {{- range $number, $except := $block.except -}}
      {{- $part := include "operator.addressRange" (dict "range" $except "path" (printf "%s.except[%d]" $path $number)) | fromJson -}}
      {{- $outer := include "operator.firstBits" (dict "numbers" $part.numbers "length" (int $whole.length)) -}}
      {{- if or (le $part.length $whole.length) (ne $outer (toJson $whole.numbers)) -}}
        {{- fail (printf "\n\n%s.except[%d] is %s, which is not a part of %s.cidr, %s: correct one of the two.\n" $path $number $except $path $block.cidr) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
