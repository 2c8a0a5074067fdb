#!/usr/bin/env bash
# The main job on bundled data, from a CSV file to a report: tools/demo.sh SLUICE FOLDER
set -euo pipefail
sluice=$1 out=$2
recipe=examples/airline/airline.yaml
data=data/airline-passengers.csv
mkdir -p "$out"

run() {
  echo
  echo "\$ sluice $*"
  "$sluice" "$@"
}

run inspect "$data"
run fit "$recipe" --model "$out/airline.sluice"
run forecast "$out/airline.sluice" "$data" --out "$out/forecast.csv"
run report "$out/airline.sluice" --out "$out/report.html"
echo
echo "The report: $(cd "$out" && pwd)/report.html"
echo "The forecast: $(cd "$out" && pwd)/forecast.csv"
