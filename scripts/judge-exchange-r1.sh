#!/usr/bin/env bash
# Has an outside judge (r1_probe.py) call the door of the exchange as an information system of X-Road would, with its own
# provider behind it, once for each spelling of errors; then the whole log of what passed is judged. The last line is the
# sum: N passed, N failed; a check that the judge skipped counts as failed.
# The judge lies beside the repository, in ../shared/referees/exchange, or where HAIDANG_TEST_JUDGES points.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/exchange
if ! [ -f "$judge/r1_probe.py" ]; then
  echo "The outside judge is not here: $judge/r1_probe.py is absent, so nothing was judged."
  echo "0 passed, 1 failed"; exit 2
fi

need_packages python3
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  need_rust
  cargo build --locked --workspace --bin haidang || die "the binary does not build"
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang=$HAIDANG_TEST_BIN

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-exchange-r1.XXXXXX")
serving=
stop() { [ -z "$serving" ] || { kill "$serving"; wait "$serving"; } 2>/dev/null; serving=; }
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

passed=0 failed=0
for style in v78 v77; do
  say "the door as consumers of $style see it"
  provider=$(free_port)
  # The directory of the tests, with the judge's provider behind its services.
  { echo "xroad_error_style = \"$style\""; sed "s/127\.0\.0\.1:18090/127.0.0.1:$provider/" crates/exchange/tests/exchange/directory.toml; } >"$work/$style.toml"
  HAIDANG_CITY_ENVIRONMENT=demo HAIDANG_STORE_FOLDER="$work/$style" "$haidang" exchange serve --directory "$work/$style.toml" --listen 127.0.0.1:0 --spool "$work" >"$work/said" 2>"$work/log" &
  serving=$!
  for _ in $(seq 300); do grep -q 'http://' "$work/said" && break; kill -0 "$serving" 2>/dev/null || break; sleep 0.1; done
  address=$(grep -o 'http://[^ ]*' "$work/said")
  if [ -z "$address" ]; then cat "$work/said" "$work/log"; failed=$((failed + 1)); stop; continue; fi
  env BASE_URL="$address" R1_ECHO_PORT="$provider" R1_ERROR_STYLE="$style" R1_CLIENT=VN-HP/GOV/0001/A \
    R1_SERVICE=VN-HP/GOV/0002/B/echo R1_DENIED_SERVICE=VN-HP/GOV/0002/B/secret R1_DENIED='DELETE /forbidden' R1_OPENAPI=1 R1_ASIC=1 \
    python3 "$judge/r1_probe.py" | tee "$work/verdict"
  skipped=$(grep -c '^skip' "$work/verdict")
  passed=$((passed + $(grep -c '^pass' "$work/verdict")))
  failed=$((failed + $(grep -c '^FAIL' "$work/verdict") + skipped))
  grep -Eq '^[0-9]+ passed, [0-9]+ failed' "$work/verdict" || { echo "the judge did not come to its end"; failed=$((failed + 1)); }
  stop
  if HAIDANG_CITY_ENVIRONMENT=demo HAIDANG_STORE_FOLDER="$work/$style" "$haidang" exchange check; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
