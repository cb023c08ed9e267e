#!/usr/bin/env bash
# Has outside judges look at the data exchange; the last line is the sum: N passed, N failed.
#   scripts/judge-exchange.sh             all parts
#   scripts/judge-exchange.sh containers  only these
# Parts: containers (evidence containers, asic_check.py) stamps (the time stamps in them, openssl) door (the r1 door,
#        r1_probe.py, in both spellings of errors) log (an exchange that is killed 20 times: nothing that was answered is
#        lost, and what it proves is judged by asic_check.py) pair (two exchanges over a line that fails, one of them killed
#        again and again: both prove every answer, judged by asic_check.py)
# The judges lie beside the repository, in ../shared/referees/exchange, or where HAIDANG_TEST_JUDGES points.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(containers stamps door log pair)
has() { local part; for part in "${parts[@]}"; do [ "$part" = "$1" ] && return 0; done; return 1; }

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/exchange
vectors=$root_dir/crates/signing/tests/evidence/vectors
if ! [ -f "$judge/asic_check.py" ]; then
  echo "The outside judges are not here: $judge/asic_check.py is absent, so nothing was judged."
  # It was asked for by name: not judged is not passed.
  echo "0 passed, 1 failed"; exit 2
fi

passed=0 failed=0
pass() { passed=$((passed + 1)); echo "PASS  $*"; }
fail() { failed=$((failed + 1)); echo "FAIL  $*"; }
# expect STATUS NAME COMMAND…  the command ends with this exit status.
expect() {
  local wanted=$1 name=$2 status; shift 2
  "$@" >"$work/said" 2>&1; status=$?
  if [ "$status" -eq "$wanted" ]; then pass "$name"; else fail "$name: exit status $status, wanted $wanted"; tail -n 20 "$work/said"; fi
}

# The versions the judge was written for.
install_judge() {
  local wanted="lxml==6.1.3 cryptography==50.0.2 asn1crypto==1.5.1 signxml==5.2.0"
  python_home=${HAIDANG_TEST_JUDGES_PYTHON:-$CARGO_TARGET_DIR/judge-exchange-$(sha256sum <<<"$wanted" | cut -c1-12)}
  if [ -z "${HAIDANG_TEST_JUDGES_PYTHON:-}" ] && ! [ -f "$python_home/complete" ]; then
    say "installing the judge into $python_home"
    rm -rf "$python_home"
    # shellcheck disable=SC2086
    { python3 -m venv "$python_home" &&
      "$python_home/bin/pip" install --quiet --disable-pip-version-check $wanted &&
      touch "$python_home/complete"; } || die "the judge could not be installed"
  fi
}
asic_check() { "$python_home/bin/python" "$judge/asic_check.py" "$@"; }
ours() { "$haidang" exchange verify "$@"; }

make_samples() {
  say "containers of both layouts, with both kinds of keys, and changed ones"
  "$samples" "$work" || die "no samples were made"
}

judge_containers() {
  say "public containers of X-Road"
  expect 0 "the judge gives the expected verdicts" asic_check --expect "$vectors/expected.tsv"
  local file verdict code name said
  while IFS=$'\t' read -r file verdict code; do
    case $file in '' | '#'*) continue ;; esac
    said=$(ours "$vectors/$file")
    name="we say $verdict $code of $file"
    case "$said" in
      "$verdict $vectors/$file [$code] "*) pass "$name" ;;
      "$verdict $vectors/$file trust=unchecked "*) pass "$name" ;;
      *) fail "$name: $said" ;;
    esac
  done <"$vectors/expected.tsv"

  say "containers we make"
  for file in "$work"/good/*.asice; do
    name=$(basename "$file" .asice)
    case $name in
      standard-*-again)
        expect 0 "$name: the judge accepts it" asic_check --trust "$work/trust" "$file"
        expect 0 "$name: we accept it" ours --trust "$work/trust" "$file" ;;
      standard-*)
        expect 0 "$name: the judge accepts it as general tools would" asic_check --standard --trust "$work/trust" "$file"
        expect 0 "$name: we accept it" ours --standard --trust "$work/trust" "$file"
        expect 1 "$name: it is not X-Road's layout" ours --xroad-layout --trust "$work/trust" "$file" ;;
      *)
        expect 0 "$name: the judge accepts it" asic_check --trust "$work/trust" "$file"
        expect 0 "$name: we accept it" ours --xroad-layout --trust "$work/trust" "$file"
        expect 1 "$name: it is not the standard layout" ours --standard --trust "$work/trust" "$file" ;;
    esac
  done

  say "changed containers: both refuse every one"
  asic_check --trust "$work/trust" "$work"/mutated/*.asice >"$work/theirs" 2>&1
  ours --trust "$work/trust" "$work"/mutated/*.asice >"$work/ours" 2>"$work/said" || true
  "$python_home/bin/python" - "$work" >"$work/compared" <<'PYTHON'
import collections, pathlib, re, sys
work = pathlib.Path(sys.argv[1])
# The codes in which both may differ: who looks first at the form, and who at the content.
theirs = dict(re.findall(r"^(?:pass|FAIL) (\d+\.asice): (ok|fail\[\w+\])", (work / "theirs").read_text(), re.M))
ours = {}
for line in (work / "ours").read_text().splitlines():
    verdict, path, rest = line.split(" ", 2)
    code = re.match(r"\[(\w+)\]", rest)
    ours[pathlib.Path(path).name] = f"fail[{code[1]}]" if code else verdict
alike = collections.Counter()
for row in (work / "mutated.tsv").read_text().splitlines():
    file, outside, name = row.split("\t")
    a, b = ours.get(file, "no answer"), theirs.get(file, "no answer")
    good = a.startswith("fail") and (outside == "0" or b.startswith("fail"))
    alike["same" if a == b else "other"] += outside == "1"
    beside = f", the judge {b}" if outside == "1" else ", unknown to the judge"
    print(f"{'PASS' if good else 'FAIL'}  {file} {name}: we {a}{beside}")
print(f"# the same code {alike['same']} times, another {alike['other']} times")
PYTHON
  grep '^FAIL' "$work/compared"; grep '^#' "$work/compared"
  local refused accepted
  refused=$(grep -c '^PASS' "$work/compared"); accepted=$(grep -c '^FAIL' "$work/compared")
  passed=$((passed + refused)); failed=$((failed + accepted))
  echo "$refused changed containers are refused, $accepted are not"
  if [ "$(grep -c 'the judge fail' "$work/compared")" -ge 200 ]; then pass "at least 200 are judged by both"; else fail "fewer than 200 are judged by both"; fi
}

judge_stamps() {
  say "time stamps in the containers (openssl)"
  local token
  for token in "$work"/stamps/*.tst; do
    expect 0 "openssl accepts $(basename "$token")" openssl ts -verify -token_in -in "$token" -data "${token%.tst}.data" \
      -CAfile "$work/trust/root.pem"
    expect 1 "openssl refuses it over other bytes" openssl ts -verify -token_in -in "$token" -data "$token" \
      -CAfile "$work/trust/root.pem"
  done
}

judge_log() {
  say "an exchange that is killed again and again"
  scripts/judge-exchange-log.py "$haidang" crates/exchange/tests/exchange/directory.toml "$work/log" 2>&1 | tee "$work/killed"
  local line
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/killed" | tail -n 1)
  if [ -z "$line" ]; then fail "the log was not judged to the end"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
  # A hundred of each direction, as general tools read them.
  local sample=()
  mapfile -t sample < <(ls "$work"/log/containers/*-request-* | head -n 100; ls "$work"/log/containers/*-response-* | tail -n 100)
  expect 0 "the judge accepts ${#sample[@]} containers of the log" asic_check --standard --trust "$work/log/trust" "${sample[@]}"
  expect 0 "we accept them" ours --standard --trust "$work/log/trust" "${sample[@]}"
}

judge_pair() {
  say "two exchanges over a line that fails, one of them killed again and again"
  scripts/judge-exchange-pair.py "$haidang" crates/exchange/tests/exchange/peers "$work/pair" 2>&1 | tee "$work/paired"
  local line side sample
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/paired" | tail -n 1)
  if [ -z "$line" ]; then fail "the pair was not judged to the end"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
  for side in near far; do
    mapfile -t sample < <(ls "$work/pair/$side"/containers/* | head -n 60)
    expect 0 "the judge accepts ${#sample[@]} containers of the $side exchange" asic_check --standard --trust "$work/pair/trust" "${sample[@]}"
    expect 0 "we accept them" ours --standard --trust "$work/pair/trust" "${sample[@]}"
  done
}

need_rust
need_packages python3 python3-venv
need_tool openssl
# Both with the features of the whole workspace, or everything is compiled twice.
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang || die "the binary does not build"
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang=$HAIDANG_TEST_BIN
if [ -z "${HAIDANG_TEST_EVIDENCE:-}" ] && { has containers || has stamps; }; then
  cargo build --locked --workspace --example evidence_samples || die "the samples do not build"
  HAIDANG_TEST_EVIDENCE="$CARGO_TARGET_DIR/debug/examples/evidence_samples"
fi
samples=${HAIDANG_TEST_EVIDENCE:-}

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-exchange.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if has containers || has stamps; then make_samples; fi
if has containers || has log || has pair; then install_judge; fi
if has containers; then judge_containers; fi
if has log; then judge_log; fi
if has pair; then judge_pair; fi
if has stamps; then judge_stamps; fi
if has door; then
  HAIDANG_TEST_BIN=$haidang scripts/judge-exchange-r1.sh 2>&1 | tee "$work/door"
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed' "$work/door" | tail -n 1)
  if [ -n "$line" ]; then
    passed=$((passed + ${line%% *})); failed=$((failed + $(awk '{print $3}' <<<"$line")))
  else
    fail "the door was not judged to the end"
  fi
fi

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
