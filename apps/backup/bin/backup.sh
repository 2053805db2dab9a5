#!/bin/sh
# The command name that manifests of releases before 3.0 use.
exec eevee-backup backup "$@"
