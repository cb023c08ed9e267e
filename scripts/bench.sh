#!/usr/bin/env bash
# Figures of this release, each a ratio made in one run, on SQLite and on a durable private PostgreSQL.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
"$root_dir/scripts/install.sh" bench
need_rust
cargo build --locked --release -p haidang-server --bins
trap stop_postgres EXIT INT TERM
start_postgres durable
"$CARGO_TARGET_DIR/release/haidang-bench" "$@"
