#!/usr/bin/env bash
# Builds an optimised binary, seeds a demonstration city in ./var and serves it. Arguments go to `haidang demo`.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

"$root_dir/scripts/install.sh" demo
need_rust
need_room 6
if ! [ -x "$CARGO_TARGET_DIR/demo/haidang" ]; then
  say "building (the first time takes 10 to 20 minutes on two cores; cargo names each of $(grep -c '^\[\[package\]\]' Cargo.lock) parts at most as it goes)"
fi
cargo build --locked --profile demo -p haidang-server --bin haidang
exec "$CARGO_TARGET_DIR/demo/haidang" demo "$@"
