#!/usr/bin/env bash
# Installs the Debian packages of the given purposes that are missing: tools/install.sh command tests
# The table of packages is tools/packages.txt. SLUICE_INSTALL=no skips this step.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

stop() {
  echo "sluice: $1" >&2
  exit 1
}

packages() { # the package names of one purpose
  awk -v purpose="$1" '!/^#/ && $1 == purpose { print $2 }' "$here/packages.txt"
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

[ "${SLUICE_INSTALL:-yes}" = no ] && exit 0
wanted=()
for purpose in "$@"; do
  mapfile -t rows < <(packages "$purpose")
  [ ${#rows[@]} -gt 0 ] || stop "tools/packages.txt has no purpose \"$purpose\"."
  wanted+=("${rows[@]}")
done
list=$(printf '%s ' "${wanted[@]}")

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  stop "this system has no apt-get; install what these Debian packages hold by hand, then run again with SLUICE_INSTALL=no: $list"

missing=()
for package in $(printf '%s\n' "${wanted[@]}" | sort -u); do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "sluice: installing Debian packages for $*: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    stop "root rights are needed and there is no sudo; as root run: apt-get install ${missing[*]}"
  [ -t 0 ] || sudo -n true 2>/dev/null ||
    stop "sudo asks for a password and there is no terminal to ask on; as root run: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1
}
# Old lists name versions that are gone; a mirror that fails is no reason to stop if apt can go on.
apt update || cat "$log" >&2
apt install -y --no-install-recommends "${missing[@]}" || {
  tail -n 20 "$log" >&2
  stop "apt-get could not install these packages (its last lines are above): ${missing[*]}"
}
