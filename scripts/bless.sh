#!/usr/bin/env bash
# Accepts the present output as the committed one: snapshots of tests and the OpenAPI document.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
need_rust
INSTA_UPDATE=always cargo test --locked --workspace --no-fail-fast || true
cargo build --locked --quiet --workspace --bin haidang && "$CARGO_TARGET_DIR/debug/haidang" openapi >openapi.json.new && mv openapi.json.new openapi.json
git status --short
