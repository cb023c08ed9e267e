#!/usr/bin/env bash
# Has the outside judge of SCIM 2.0 (PyPI scim2-tester) talk to a fresh demonstration city; a skip counts as failed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

need_rust
need_packages python3 python3-venv
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi

judge="$CARGO_TARGET_DIR/judge-scim"
if ! "$judge/bin/python" -c 'import scim2_tester' 2>/dev/null; then
  python3 -m venv "$judge"
  "$judge/bin/pip" install --quiet --disable-pip-version-check scim2-tester==0.5.2 "scim2-client[httpx2]==0.13.2"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-scim.XXXXXX")
city=
finish() { [ -z "$city" ] || { kill "$city" 2>/dev/null || true; wait "$city" 2>/dev/null || true; }; rm -rf "$work"; }
trap finish EXIT
port=$(free_port)
HAIDANG_STORE_FOLDER="$work/var" "$HAIDANG_TEST_BIN" demo --residents 200 --months 1 --listen "127.0.0.1:$port" >"$work/log" 2>&1 &
city=$!
# The city answers with a language; whoever is only seeding does not listen yet.
wait_for 300 curl -fsS -o "$work/ready" "http://localhost:$port/readyz" || { tail -n 20 "$work/log" >&2; die "the city did not start"; }

"$judge/bin/python" scripts/judge_scim.py "http://localhost:$port" "$work/var/demo.json"
