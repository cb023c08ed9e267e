#!/usr/bin/env bash
# Has the outside judge look at every page of a fresh demonstration city; its exit status is the verdict.
#   scripts/judge-experience.sh        every page, light and dark, both languages
#   scripts/judge-experience.sh short  one page of each kind, as `make test` does
# The judge lies beside the repository, in ../shared/referees/experience, or where HAIDANG_TEST_JUDGES points.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/experience
if ! [ -f "$judge/run.mjs" ]; then
  echo "The outside judge is not here: $judge is absent, so no page was judged."
  # The full judge was asked for by name: not judged is not passed. As a part of `make test` it is left out, and said.
  if [ "${1:-}" = short ]; then echo "0 passed, 0 failed"; exit 0; fi
  echo "0 passed, 1 failed"; exit 2
fi

"$root_dir/scripts/install.sh" judge
need_rust
use_node
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang
  export HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
"$root_dir/scripts/npm-ci.sh" "$root_dir/e2e"

# Outside the tree, because nothing of it may be committed.
copy=$(mktemp -d "${TMPDIR:-/tmp}/haidang-judge.XXXXXX")
trap 'rm -rf "$copy"' EXIT
cp -r "$judge/." "$copy"
(cd "$copy" && npm_config_update_notifier=false npm install --ignore-scripts --no-audit --no-fund --loglevel=error)
node e2e/judge.mjs "$copy" "$@"
