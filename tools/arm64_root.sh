#!/usr/bin/env bash
# Unpacks the arm64 packages of tools/packages.txt into a folder, for the cross build; the system's
# own package lists and architectures stay as they are: tools/arm64_root.sh build/arm64
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)
[ -e "$root/complete" ] && [ "$root/complete" -nt "$here/packages.txt" ] && exit 0

mapfile -t packages < <(awk '$1 == "arm64" { print $2 }' "$here/packages.txt")
echo "sluice: unpacking arm64 packages into $1: ${packages[*]}"
mkdir -p "$root/apt/state/lists/partial" "$root/apt/cache/archives/partial"
options=(-qq -o Dir::State="$root/apt/state" -o Dir::State::status=/dev/null
  -o Dir::Cache="$root/apt/cache" -o APT::Architecture=arm64 -o APT::Architectures=arm64
  -o APT::Sandbox::User=)
fetch() {
  apt-get "${options[@]}" update || true # a mirror without arm64 is no reason to stop
  (cd "$root/apt" && apt-get "${options[@]}" download "${packages[@]}")
}
fetch >"$root/log" 2>&1 || {
  tail -n 20 "$root/log" >&2
  echo "sluice: the arm64 packages could not be fetched (apt-get's last lines are above)." >&2
  exit 1
}
for archive in "$root"/apt/*.deb; do
  dpkg-deb -x "$archive" "$root"
done
rm -rf "$root/apt"
touch "$root/complete"
