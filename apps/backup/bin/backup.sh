#!/bin/sh
# Under the name that manifests written for former releases run.
exec eevee-backup backup "$@"
