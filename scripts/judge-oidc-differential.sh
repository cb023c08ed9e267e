#!/usr/bin/env bash
# Sends the same bad requests to a fresh city and to npm's oidc-provider: same status and error code, or a reason in
# docs/guide/openid-provider.md. Its exit status is the verdict.
#   SHOW=1 scripts/judge-oidc-differential.sh   also lists what is answered alike
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

need_rust
use_node
need_tool curl
scripts/npm-ci.sh e2e/peer
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang() { "$HAIDANG_TEST_BIN" "$@"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-differential.XXXXXX")
started=()
finish() {
  local process
  for process in "${started[@]:-}"; do [ -z "$process" ] || { kill "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; }; done
  exec 9>&-
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

port=$(free_port)
issuer=http://localhost:$port
export HAIDANG_CITY_PACK="$root_dir/packs/haiphong" HAIDANG_CITY_ENVIRONMENT=test
export HAIDANG_STORE_FOLDER="$work/var" HAIDANG_SERVER_LISTEN="127.0.0.1:$port"
export HAIDANG_RATE_PER_ADDRESS=0 HAIDANG_RATE_PER_PERSON=0 HAIDANG_RATE_ANONYMOUS_WRITES=0
export HAIDANG_LOG_FILTER=${HAIDANG_LOG_FILTER:-warn}

user=nguoi.thu password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
node e2e/peer/facts.mjs "$work" "$user" "$password"
haidang resource add urn:haidang:api:test --scope api:read --format jwt
haidang resource add urn:haidang:api:test-opaque --scope api:read --format opaque
haidang client add "$work/clients.json" --officials --approve >"$work/issued"
# Secrets are ours, never somebody's own choice.
node -e '
  const fs = require("node:fs");
  const [facts, issued] = process.argv.slice(1);
  const told = JSON.parse(fs.readFileSync(facts, "utf8"));
  for (const line of fs.readFileSync(issued, "utf8").split("\n").filter((line) => line.startsWith("{")).map(JSON.parse)) {
    if (line.client_secret) told.secrets[line.client_id] = line.client_secret;
  }
  fs.writeFileSync(facts, JSON.stringify(told));' "$work/facts.json" "$work/issued"
printf '%s\n' "$password" | haidang user add "$user" --name 'Người thử' --agency H24.S08 --role administrator --without-second-factor

say "serving at $issuer, the peer beside it"
# The program itself, not a function around it: what is stopped at the end is the server.
"$HAIDANG_TEST_BIN" serve >"$work/log" 2>&1 & started+=($!)
# The peer ends with its standard input.
mkfifo "$work/hold"
node e2e/peer/provider.mjs "$work/clients.json" <"$work/hold" >"$work/peer" 2>"$work/peer.log" & started+=($!)
exec 9>"$work/hold"
wait_for 60 curl -fsS -o "$work/ready" "$issuer/.well-known/openid-configuration" || { tail -n 40 "$work/log" >&2; die "the city did not start"; }
wait_for 30 grep -q issuer "$work/peer" || { cat "$work/peer.log" >&2; die "the peer did not start"; }
peer=$(grep -o 'http://[0-9.:]*' "$work/peer" | tail -n 1)

node e2e/peer/differential.mjs "$issuer" "$peer" "$work/facts.json" docs/guide/openid-provider.md
