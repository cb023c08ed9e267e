#!/usr/bin/env bash
# Has the outside judge of OpenID providers look at a fresh city; its exit status is the verdict.
#   scripts/judge-identity.sh            all checks
#   ONLY='^X' scripts/judge-identity.sh  one group, as the judge's own README says
# The judge lies beside the repository, in ../shared/referees/identity, or where HAIDANG_TEST_JUDGES points.
# The city is reached by https through a small front, as a real one is, so that its cookies are those of production.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/identity
if ! [ -f "$judge/run.mjs" ]; then
  echo "The outside judge is not here: $judge is absent, so the provider was not judged."
  # It was asked for by name: not judged is not passed.
  echo "0 passed, 1 failed"; exit 2
fi

need_rust
use_node
need_tool openssl
need_tool curl
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang
  export HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi

# Outside the tree, because nothing of it may be committed.
work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-judge.XXXXXX")
started=()
finish() {
  local process
  for process in "${started[@]:-}"; do [ -z "$process" ] || kill "$process" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

mkdir "$work/judge"
cp -r "$judge/." "$work/judge"
(cd "$work/judge" && npm_config_update_notifier=false npm install --ignore-scripts --no-audit --no-fund --loglevel=error)

inner=$(free_port) outer=$(free_port)
issuer=https://localhost:$outer
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/front.key" -out "$work/front.crt" 2>/dev/null
(cd "$work/judge" && node gen-clients.mjs "$work/clients" "$issuer" >/dev/null)
# shellcheck disable=SC1091
source "$work/clients/env.sh"

export HAIDANG_CITY_PACK="$root_dir/packs/haiphong" HAIDANG_CITY_ENVIRONMENT=test
export HAIDANG_STORE_FOLDER="$work/var" HAIDANG_SERVER_LISTEN="127.0.0.1:$inner" HAIDANG_SERVER_PUBLIC_ORIGIN="$issuer"
# One machine does the work of many systems and people here.
export HAIDANG_RATE_PER_ADDRESS=0 HAIDANG_RATE_PER_PERSON=0 HAIDANG_RATE_ANONYMOUS_WRITES=0
export HAIDANG_LOG_FILTER=${HAIDANG_LOG_FILTER:-warn}
haidang() { "$HAIDANG_TEST_BIN" "$@"; }

say "registering the judge's clients, resources and user"
haidang resource add "$API_RESOURCE" --scope "$API_SCOPE" --format jwt
haidang resource add "$API_RESOURCE_OPAQUE" --scope "$API_SCOPE" --format opaque
haidang client add "$work/clients/clients.json" --officials --approve >"$work/issued"
# Secrets are ours, never somebody's own choice: the judge is told the issued one.
SVC_CLIENT_SECRET=$(grep '^{' "$work/issued" | node -e '
  const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  console.log(lines.find((line) => line.client_id === process.argv[1]).client_secret)' "$SVC_CLIENT_ID")
export SVC_CLIENT_SECRET
printf '%s\n' "$LOGIN_PASSWORD" |
  haidang user add "$LOGIN_USER" --name 'Người thử' --agency H24.S08 --role administrator --without-second-factor

say "serving at $issuer"
# The program itself, not a function around it: what is stopped at the end is the server.
"$HAIDANG_TEST_BIN" serve >"$work/server.log" 2>&1 & started+=($!)
node e2e/tls-front.mjs "$outer" "$inner" "$work/front.key" "$work/front.crt" & started+=($!)
if ! wait_for 60 curl -fsS --cacert "$work/front.crt" -o /dev/null "$issuer/.well-known/openid-configuration"; then
  tail -n 40 "$work/server.log" >&2
  echo "0 passed, 1 failed"; exit 1
fi

export NODE_EXTRA_CA_CERTS="$work/front.crt" PROFILE=haidang
status=0
(cd "$work/judge" && node run.mjs) || status=$?
[ -z "${JUDGE_LOG:-}" ] || cp "$work/server.log" "$JUDGE_LOG"
exit "$status"
