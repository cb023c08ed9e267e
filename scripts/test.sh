#!/usr/bin/env bash
# Everything that must pass before a change lands, in the order that tells soonest.
#   scripts/test.sh                 all parts
#   scripts/test.sh lints journeys  only these
# Parts: format lints documents repository tests journeys guides judges
# The last line sums the whole: N passed, N failed.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(format lints documents repository tests journeys guides judges)
passed=0 failed=0 failures=()
work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-test.XXXXXX")
finish() { stop_postgres; rm -rf "$work"; }
trap finish EXIT
trap 'exit 130' INT TERM

has() { local part; for part in "${parts[@]}"; do [ "$part" = "$1" ] && return 0; done; return 1; }
# part NAME  says what begins, and when: a run that is cut off tells where its time went.
part() { say "$1 (minute $(((SECONDS - started) / 60)))"; }
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); failures+=("$1"); }
# one NAME COMMAND…  a part that passes or fails as a whole.
one() { local name=$1; shift; part "$name"; if "$@"; then ok; else bad "$name"; fi; }
# add FILE NAME STATUS  counts a part that ends with its own "N passed, N failed".
add() {
  local line; line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1)
  if [ -z "$line" ]; then bad "$2 (ended without its last line)"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
  if [[ "$line" != *", 0 failed" ]]; then failures+=("$2: $line")
  elif [ "$3" -ne 0 ]; then bad "$2 (exit status $3)"; fi
}

started=$SECONDS
need_rust
need_room 15
if has journeys || has judges || has tests || has guides; then "$root_dir/scripts/install.sh" test || exit $?; fi

has format && one "format" cargo fmt --all --check
has lints && one "lints" cargo clippy --locked --workspace --all-targets -- -D warnings
has documents && one "documents" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet

if has repository; then
  part "repository"
  { cargo build --locked --quiet --workspace --bin haidang-xtask && "$CARGO_TARGET_DIR/debug/haidang-xtask" check; } 2>&1 | tee "$work/repository"
  add "$work/repository" "repository" "${PIPESTATUS[0]}"
fi

if has tests; then
  part "tests, on SQLite and on a PostgreSQL cluster of our own"
  start_postgres
  cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$work/tests"
  status=${PIPESTATUS[0]}
  stop_postgres
  awk -v status="$status" '
    /^test result:/ { passed += $4; failed += $6; ignored += $8 }
    /^test .*::sqlite \.\.\. ok$/ { sqlite++ }
    /^test .*::postgres \.\.\. ok$/ { postgres++ }
    /^test .*::(sqlite|postgres) \.\.\. FAILED$/ { broken++ }
    END {
      printf "\nstore tests: SQLite %d passed, PostgreSQL %d passed, %d failed on either\n", sqlite, postgres, broken
      if (sqlite != postgres) { print "the two databases did not run the same tests"; failed++ }
      if (ignored) { print ignored " tests are ignored: none may be"; failed += ignored }
      # A build that broke runs nothing; it must not look like success.
      if (status != 0 && failed == 0) failed = 1
      printf "%d passed, %d failed\n", passed, failed
    }' "$work/tests" | tee "$work/tests.sum"
  add "$work/tests.sum" "tests" 0
  grep -E '^test .* \.\.\. FAILED$|^error(\[|:)' "$work/tests" | sort -u | head -n 60
fi

if has journeys || has judges || has guides; then
  use_node
  # The tests have built it. Built alone it is another one, without what only tests ask of libraries: minutes more.
  if ! has tests; then
    part "the binary for journeys, guides and judges"
    cargo build --locked --workspace --bin haidang || bad "build of the binary"
  fi
  export HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi

if has journeys; then
  part "journeys"
  { "$root_dir/scripts/npm-ci.sh" "$root_dir/e2e" && (cd e2e && node run.mjs); } 2>&1 | tee "$work/journeys"
  add "$work/journeys" "journeys" "${PIPESTATUS[0]}"
fi

if has guides; then
  part "guides: the commands of docs/guide, run in a fresh folder"
  scripts/guides.sh 2>&1 | tee "$work/guides"
  add "$work/guides" "guides" "${PIPESTATUS[0]}"
fi

if has judges; then
  part "judges, in their short form"
  scripts/judge-experience.sh short 2>&1 | tee "$work/judges"
  add "$work/judges" "judges" "${PIPESTATUS[0]}"
  part "how well scanned papers are read"
  scripts/judge-documents-ocr.sh 2>&1 | tee "$work/scans"
  add "$work/scans" "scanned papers" "${PIPESTATUS[0]}"
fi

say "done in $(((SECONDS - started) / 60)) minutes"
for name in "${failures[@]:-}"; do [ -z "$name" ] || printf 'FAILED %s\n' "$name"; done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
