#!/usr/bin/env bash
# Figures of this release, each a ratio made in one run, on SQLite and on a durable private PostgreSQL.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
"$root_dir/scripts/install.sh" bench
need_rust
cargo build --locked --release -p haidang-server --bins
trap stop_postgres EXIT INT TERM
if [ "${1:-}" = full ]; then
  # 3,000,000 cases are loaded once and kept, where the user of the database server may go too.
  export HAIDANG_TEST_BENCH=${HAIDANG_TEST_BENCH:-/var/tmp/haidang-bench}
  mkdir -p "$HAIDANG_TEST_BENCH"
  [ -f "$HAIDANG_TEST_BENCH/PostgreSQL/complete" ] || rm -rf "$HAIDANG_TEST_BENCH/cluster"
  start_postgres durable "$HAIDANG_TEST_BENCH/cluster"
else
  start_postgres durable
fi
for database in sqlite postgres; do
  "$CARGO_TARGET_DIR/release/haidang-bench" "$database" "$@"
done
