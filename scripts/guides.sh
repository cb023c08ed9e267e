#!/usr/bin/env bash
# Runs the `sh` blocks of every guide, each guide in a fresh folder that holds packs/ and has haidang in the path.
# The address http://localhost:8080 in a guide becomes a free port. Ends with `N passed, N failed`.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
binary=${HAIDANG_TEST_BIN:-$CARGO_TARGET_DIR/debug/haidang}
[ -x "$binary" ] || die "$binary is missing: cargo build -p haidang-server"
passed=0 failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-guides.XXXXXX")
trap 'rm -rf "$work"' EXIT

for guide in docs/guide/*.md; do
  grep -q '^```sh$' "$guide" || continue
  name=$(basename "$guide" .md)
  folder=$work/$name
  mkdir -p "$folder"
  ln -s "$root_dir/packs" "$folder/packs"
  ln -s "$root_dir/docs" "$folder/docs"
  port=$(free_port)
  { echo 'set -euo pipefail'
    # Whatever a guide leaves running ends with it.
    echo 'trap "kill \$(jobs -p) 2>/dev/null || true; wait || true" EXIT'
    awk '/^```sh$/ {inside=1; next} /^```/ {inside=0} inside' "$guide"
  } | sed "s/localhost:8080/localhost:$port/g" >"$folder/commands"
  if (cd "$folder" && env PATH="$(dirname "$binary"):$PATH" HAIDANG_SERVER_LISTEN="127.0.0.1:$port" \
      timeout 300 bash commands >output 2>&1 </dev/null); then
    passed=$((passed + 1)); echo "ok   $name"
  else
    failed=$((failed + 1)); echo "FAIL $name"
    tail -n 30 "$folder/output" "$folder/demo.log" 2>/dev/null | sed 's/^/     /'
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
