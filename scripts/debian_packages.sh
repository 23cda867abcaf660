#!/usr/bin/env bash
# Installs the Debian packages that have a program which is not on this machine; says and does nothing where all are.
#
#   scripts/debian_packages.sh PROGRAM=PACKAGE…
set -euo pipefail

# Debian keeps servers where a user's PATH does not look.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

packages=()
for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || [[ " ${packages[*]} " == *" ${pair#*=} "* ]] || packages+=("${pair#*=}")
done
[[ ${#packages[@]} -gt 0 ]] || exit 0

by_hand="The slow tests need these Debian packages, and this machine lacks them: ${packages[*]}."
as_root=()
if [[ $EUID -ne 0 ]]; then
    as_root=(sudo)
fi
if ! command -v apt-get "${as_root[@]}" >/dev/null; then
    echo "$by_hand There is no apt-get (or no sudo) here: install what has the programs by other means." >&2
    exit 1
fi

echo "Installing ${packages[*]}"
# apt checks signatures as a user of its own, who may not be let into this user's TMPDIR.
run=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive TMPDIR=/var/tmp apt-get --quiet --quiet)
if ! { "${run[@]}" update && "${run[@]}" install --yes --no-install-recommends "${packages[@]}"; } >&2; then
    echo "$by_hand apt-get could not install them: see above." >&2
    exit 1
fi
