#!/usr/bin/env bash
# What the data exchange costs: an outside judge (bench.sh) measures a backend directly, behind nginx, behind the exchange
# without evidence and filter, and behind all of it (rights, filter of fields, two signatures, durable log), in turns in
# one run. Its table is printed, then the limits. Settings of the judge pass through: SIZES, CONNS, ROUNDS, SECS. Then our
# own driver of constant rate asks directly and through the whole path in turns: what the exchange adds to the latency.
# The judge lies beside the repository, in ../shared/referees/exchange, or where HAIDANG_TEST_JUDGES points.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"
judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/exchange
if ! [ -f "$judge/bench.sh" ]; then echo "The outside judge is not here: $judge/bench.sh is absent, so nothing was measured."; exit 2; fi
need_rust
need_packages wrk nginx-light curl python3
cargo build --locked --release -p haidang-server --bin haidang --bin haidang-bench-rate
haidang=$CARGO_TARGET_DIR/release/haidang
missed=0

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-bench-exchange.XXXXXX")
serving=()
stop() { for one in "${serving[@]}"; do kill "$one" 2>/dev/null && wait "$one" 2>/dev/null || true; done; rm -rf "$work"; }
trap stop EXIT
trap 'exit 130' INT TERM
backend=$(free_port)

# directory NAME DELIVERY  a consumer, a provider, and an agreement that delivers this.
directory() {
  cat >"$work/$1.toml" <<TOML
instance = "VN-HP"
[[member]]
class = "GOV"
code = "0001"
name = "Bên khai thác"
[[member.subsystem]]
code = "A"
connection = "http"
[[member]]
class = "GOV"
code = "0002"
name = "Bên cung cấp"
[[member.subsystem]]
code = "B"
connection = "http"
[[member.subsystem.service]]
code = "rows"
kind = "REST"
base_url = "http://127.0.0.1:$backend"
concurrency = 1000
[[member.subsystem.service.endpoint]]
method = "GET"
path = "**"
[[agreement]]
id = "MEASURE"
version = 1
state = "active"
consumer = "VN-HP/GOV/0001/A"
service = "VN-HP/GOV/0002/B/rows"
endpoints = ["GET **"]
legal_basis = { document = "194/2025/NĐ-CP", article = "Điều 16" }
purpose_code = "DO-LUONG"
purpose_text = "Đo lường"
$2
valid_from = "2026-01-01T00:00:00Z"
TOML
}
# start NAME OPTION…  sets address and pid.
start() {
  local name=$1; shift
  HAIDANG_CITY_ENVIRONMENT=demo HAIDANG_STORE_FOLDER="$work/$name" HAIDANG_LOG_FILTER=warn "$haidang" exchange serve --directory "$work/$name.toml" \
    --listen 127.0.0.1:0 --spool "$work" "$@" >"$work/$name.said" 2>"$work/$name.log" &
  pid=$!; serving+=("$pid")
  for _ in $(seq 300); do grep -q 'http://' "$work/$name.said" && break; kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  address=$(grep -o 'http://[^ ]*' "$work/$name.said" | head -n 1) || { cat "$work/$name.said" "$work/$name.log"; exit 1; }
}
directory plain 'opaque = true'
directory full 'fields_allowed = ["$.rows", "$.pad"]'
start plain --without-evidence; plain=$address
start full; full=$address full_pid=$pid

service=/r1/VN-HP/GOV/0002/B/rows
env BACKEND_PORT="$backend" PROXY_PORT="$(free_port)" EXCHANGE_URL="$full$service" EXCHANGE_PLAIN_URL="$plain$service" \
  EXCHANGE_HEADERS='X-Road-Client: VN-HP/GOV/0001/A' EXCHANGE_PID="$full_pid" OUT="$work/out" \
  SIZES="${SIZES:-1k}" CONNS="${CONNS:-32 300}" ROUNDS="${ROUNDS:-3}" SECS="${SECS:-5}" bash "$judge/bench.sh"
memory=$(awk '/^RssAnon/ { printf "%.0f", $2 / 1024 }' "/proc/$full_pid/status")
echo "anonymous memory of the exchange now: $memory MB (at most 200)"
[ "$memory" -le 200 ] || missed=1
python3 - "$work/out/raw.csv" <<'PYTHON' || missed=1
import csv, statistics, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["size"] == "1k" and row["conns"] == "300"]
median = lambda target: statistics.median(float(row["rps"]) for row in rows if row["target"] == target)
if rows:
    nginx, routing, full = (median(target) for target in ("nginx", "routing", "full"))
    print(f"routing only: {routing / nginx:.2f} of nginx (at least 0.6)")
    print(f"full path: {full:.0f} requests/s with 300 connections (at least 1000)")
    sys.exit(0 if routing >= 0.6 * nginx and full >= 1000 else 1)
PYTHON

# The judge's backend is gone; the same answer of 1 KiB again.
mkdir -p "$work/www"
python3 -c 'import json; rows = [{"soDinhDanh": f"0310900{n:05}", "hoVaTen": "Nguyễn Văn A"} for n in range(15)]; print(json.dumps({"rows": rows, "pad": "x" * 40}, ensure_ascii=False), end="")' >"$work/www/1k.json"
cat >"$work/backend.conf" <<CONF
worker_processes 1; daemon off; pid $work/backend.pid; error_log $work/backend.err warn;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 10000000; client_body_temp_path $work/t; proxy_temp_path $work/t; fastcgi_temp_path $work/t;
  uwsgi_temp_path $work/t; scgi_temp_path $work/t; types { application/json json; }
  server { listen 127.0.0.1:$backend backlog=4096; root $work/www; } }
CONF
chmod 755 "$work"
nginx -p "$work" -c "$work/backend.conf" & serving+=("$!")
for _ in $(seq 100); do curl -fsS --max-time 2 "http://127.0.0.1:$backend/1k.json" -o /dev/null 2>/dev/null && break; sleep 0.1; done
rate=$CARGO_TARGET_DIR/release/haidang-bench-rate
for each in 500 1000; do
  for round in 1 2 3; do
    echo "$each direct $("$rate" "$each" 10 "http://127.0.0.1:$backend/1k.json")"
    echo "$each full $("$rate" "$each" 10 "$full$service/1k.json" 'X-Road-Client: VN-HP/GOV/0001/A')"
  done
done | tee "$work/rates"
python3 - "$work/rates" <<'PYTHON' || missed=1
import statistics, sys
rows = [line.split() for line in open(sys.argv[1])]
bad = False
for rate in ("500", "1000"):
    of = lambda target, place: statistics.median(int(row[place]) for row in rows if row[:2] == [rate, target]) / 1000
    failed = sum(int(row[3]) for row in rows if row[0] == rate)
    middle, tail = of("full", 4) - of("direct", 4), of("full", 5) - of("direct", 5)
    print(f"open loop, {rate} requests/s: adds {middle:.2f} ms in the middle (at most 5), {tail:.2f} ms at p99 (at most 25), {failed} failed")
    bad |= middle > 5 or tail > 25 or failed > 0
sys.exit(1 if bad else 0)
PYTHON
exit $missed
