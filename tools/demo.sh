#!/usr/bin/env bash
# The main job on bundled data, from a CSV file to a report: tools/demo.sh SLUICE FOLDER
set -euo pipefail
sluice=$1 out=$2
data=data/airline-passengers.csv
mkdir -p "$out"

run() {
  echo
  echo "\$ sluice $*"
  "$sluice" "$@"
}

echo
echo "== One month ahead: ten committees of small networks beside the baselines, on 46 months"
run backtest examples/airline/airline.yaml

echo
echo "== A year ahead: an LSTM is trained, backtested, and forecasts what the file does not hold"
run fit "$data" horizon=12 model=lstm transform=log,last_value seeds=1 verbose=1 --model "$out/airline.sluice"
run forecast "$out/airline.sluice" "$data" --out "$out/forecast.csv"
run report "$out/airline.sluice" --out "$out/report.html"

echo
cat "$out/forecast.csv"
echo
echo "The report:   $(cd "$out" && pwd)/report.html"
echo "The forecast: $(cd "$out" && pwd)/forecast.csv"
