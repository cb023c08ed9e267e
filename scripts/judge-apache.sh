#!/usr/bin/env bash
# Apache's mod_auth_openidc, as Debian ships it, signs a person in and out through a fresh city as an old system
# (legacy_rp), and is told behind the browser of a session that ended. Its exit status is the verdict.
# The Apache is one of its own: loopback, a free port, a folder that goes with it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

need_rust
use_node
need_tool curl
# The daemon without Debian's service: nothing is started or changed on the machine itself.
need_packages apache2-bin libapache2-mod-auth-openidc
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang() { "$HAIDANG_TEST_BIN" "$@"; }
apache=$(command -v apache2 || echo /usr/sbin/apache2)

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-apache.XXXXXX")
started=()
finish() {
  local process
  for process in "${started[@]:-}"; do [ -z "$process" ] || { kill "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; }; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

city_port=$(free_port) apache_port=$(free_port)
city=http://localhost:$city_port site=http://localhost:$apache_port
export HAIDANG_CITY_PACK="$root_dir/packs/haiphong" HAIDANG_CITY_ENVIRONMENT=test
export HAIDANG_STORE_FOLDER="$work/var" HAIDANG_SERVER_LISTEN="127.0.0.1:$city_port" HAIDANG_IDENTITY_PRIVATE_HOSTS=localhost
export HAIDANG_LOG_FILTER=${HAIDANG_LOG_FILTER:-warn}

random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
cat >"$work/client.json" <<JSON
{ "client_id": "apache", "client_name": "Apache", "token_endpoint_auth_method": "client_secret_basic",
  "redirect_uris": ["$site/closed/callback"], "post_logout_redirect_uris": ["$site/open"],
  "backchannel_logout_uri": "$site/closed/callback?logout=backchannel",
  "grant_types": ["authorization_code"], "scope": "openid profile", "id_token_signed_response_alg": "RS256" }
JSON
secret=$(haidang client add "$work/client.json" --officials | grep '^{' |
  node -e 'console.log(JSON.parse(require("node:fs").readFileSync(0, "utf8")).client_secret)')
haidang client approve apache --until "$(date -d '+1 year' +%F)"
user=nguoi.thu password=$(random)
printf '%s\n' "$password" | haidang user add "$user" --name 'Người thử' --agency H24.S08 --role administrator --without-second-factor

say "the city at $city, Apache at $site"
# The program itself, not a function around it: what is stopped at the end is the server.
"$HAIDANG_TEST_BIN" serve >"$work/log" 2>&1 & started+=($!)
wait_for 60 curl -fsS -o "$work/ready" "$city/.well-known/openid-configuration" || { tail -n 40 "$work/log" >&2; die "the city did not start"; }

mkdir -p "$work/apache/files/closed"
echo closed >"$work/apache/files/closed/page"
echo open >"$work/apache/files/open"
{
  echo "ServerRoot $work/apache"
  echo "ServerName localhost"
  echo "Listen 127.0.0.1:$apache_port"
  echo "PidFile $work/apache/pid"
  echo "ErrorLog $work/apache/error"
  echo "DefaultRuntimeDir $work/apache"
  echo "Mutex sem"
  for name in mpm_event authn_core authz_core authz_user headers auth_openidc; do
    echo "LoadModule ${name}_module /usr/lib/apache2/modules/mod_$name.so"
  done
  # Started by root it works as somebody else, who must be able to read the files.
  [ "$(id -u)" -ne 0 ] || printf 'User www-data\nGroup www-data\n'
  cat <<CONF
DocumentRoot $work/apache/files
OIDCProviderMetadataURL $city/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret $secret
OIDCRedirectURI $site/closed/callback
OIDCCryptoPassphrase $(random)
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCIDTokenSignedResponseAlg RS256
OIDCSessionType server-cache
OIDCRemoteUserClaim sub
<Location /closed>
  AuthType openid-connect
  Require valid-user
  Header set x-signed-in "expr=%{REMOTE_USER}"
</Location>
CONF
} >"$work/apache/conf"
chmod 700 "$work/var"
chmod 711 "$work" "$work/apache"
"$apache" -f "$work/apache/conf" -D FOREGROUND >"$work/apache/out" 2>&1 & started+=($!)
wait_for 30 curl -fsS -o "$work/ready" "$site/open" || { cat "$work/apache/out" "$work/apache/error" >&2; die "Apache did not start"; }

status=0
node e2e/peer/apache.mjs "$site" "$city" "$user" "$password" || status=$?
[ "$status" -eq 0 ] || { tail -n 20 "$work/apache/error" "$work/log" >&2; }
exit "$status"
