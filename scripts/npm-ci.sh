#!/usr/bin/env bash
# npm-ci.sh FOLDER  installs the locked packages of a folder, once per lock file. No package may fetch a browser.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$1"
use_node
stamp=node_modules/.locked
if ! [ -f "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
  npm_config_update_notifier=false npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi
