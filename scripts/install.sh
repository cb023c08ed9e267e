#!/usr/bin/env bash
# Installs what a task needs and the machine lacks: install.sh demo | test | judge | bench | node
set -euo pipefail
source "$(dirname "$0")/lib.sh"

case "${1:-}" in
  demo)  need_rust ;;
  test)  need_rust; need_postgres; need_slapd; need_softhsm; need_browser; need_scanning; need_packages python3 python3-venv fonts-liberation2; need_tool curl; need_tool openssl; need_tool python3; use_node ;;
  judge) need_rust; need_browser; use_node ;;
  bench) need_rust; need_postgres ;;
  node)  use_node ;;
  *)     die "usage: install.sh demo | test | judge | bench | node" ;;
esac
