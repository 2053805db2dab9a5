#!/usr/bin/env bash
# Runs a command in a root of its own, as on a machine that has nothing else. Started inside mount and PID namespaces of its own:
# when the first process of the PID namespace (this one) ends, the kernel ends all others and removes the mounts.
#
#   enter.sh ROOT CACHE COMMAND
#
# CACHE: folder of what was built before, or empty. COMMAND: a line of shell, run in the clone.
set -euo pipefail
root=$1 cache=$2 command=$3
# pivot_root wants a mount point.
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
if [ -n "$cache" ]; then
  mkdir -p root/.cache/eevee
  mount --bind "$cache" root/.cache/eevee
fi
mkdir .machine
pivot_root . .machine
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2016
exec /bin/sh -c 'umount -l /.machine && rmdir /.machine && cd ~/eevee && exec sh -c "$1"' sh "$command"
