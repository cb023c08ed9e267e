#!/usr/bin/env bash
# Figures of signing in, each beside its limit or as a ratio to npm's oidc-provider in the same run.
#   scripts/bench-identity.sh [rates] [flows] [passwords] [sessions] [decisions]   some parts; none is all
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
need_rust
use_node
command -v taskset >/dev/null || need_packages util-linux
scripts/npm-ci.sh e2e/peer
cargo build --locked --release -p haidang-server --bin haidang-bench-identity
exec "$CARGO_TARGET_DIR/release/haidang-bench-identity" "$@"
