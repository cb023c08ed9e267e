#!/usr/bin/env bash
# Has outside judges (check_edxml.py with lxml and signxml, xmlsec1 where it is installed) look at edXML messages that
# `haidang documents edxml` wrote and signed, and has it read the messages of others, good and bad.
# The last line is the sum: N passed, N failed.
# The judges lie beside the repository, in ../shared/referees/documents, or where HAIDANG_TEST_JUDGES points.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root_dir"

judge=${HAIDANG_TEST_JUDGES:-$root_dir/../shared/referees}/documents
if ! [ -f "$judge/check_edxml.py" ]; then
  echo "The outside judges are not here: $judge/check_edxml.py is absent, so nothing was judged."
  echo "0 passed, 1 failed"; exit 2
fi

need_rust
need_packages python3 python3-venv openssl
if [ -z "${HAIDANG_TEST_BIN:-}" ]; then
  cargo build --locked --workspace --bin haidang || die "the binary does not build"
  HAIDANG_TEST_BIN="$CARGO_TARGET_DIR/debug/haidang"
fi
haidang=$HAIDANG_TEST_BIN

# One environment for all versions of the list: another list makes another one.
python_home=${HAIDANG_TEST_JUDGES_PYTHON:-$CARGO_TARGET_DIR/judge-documents-$(sha256sum "$judge/requirements.txt" | cut -c1-12)}
if [ -z "${HAIDANG_TEST_JUDGES_PYTHON:-}" ] && ! [ -f "$python_home/complete" ]; then
  say "installing the judges into $python_home"
  rm -rf "$python_home"
  { python3 -m venv "$python_home" &&
    "$python_home/bin/pip" install --quiet --disable-pip-version-check -r "$judge/requirements.txt" &&
    touch "$python_home/complete"; } || die "the judges could not be installed"
fi
python="$python_home/bin/python"

work=$(mktemp -d "${TMPDIR:-/tmp}/haidang-documents-edxml.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

passed=0 failed=0
pass() { passed=$((passed + 1)); echo "PASS  $*"; }
fail() { failed=$((failed + 1)); echo "FAIL  $*"; }
# expect STATUS NAME COMMAND…  the command ends with this exit status.
expect() {
  local wanted=$1 name=$2 status; shift 2
  "$@" >"$work/said" 2>&1; status=$?
  if [ "$status" -eq "$wanted" ]; then pass "$name"; else fail "$name: exit status $status, wanted $wanted"; cat "$work/said"; fi
}
edxml() { "$haidang" documents edxml "$@"; }
referee() { "$python" "$judge/check_edxml.py" "$@"; }

say "the referee judges itself"
expect 0 "self-test of check_edxml.py" referee --selftest

say "keys and certificates for the test"
(
  cd "$work" && umask 077 &&
    openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj "/C=VN/CN=Root" \
      -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" &&
    openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 30 -subj "/C=VN/CN=Other" \
      -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" &&
    printf 'keyUsage=critical,digitalSignature,nonRepudiation\nsubjectAltName=DNS:office.example.vn\nauthorityKeyIdentifier=keyid\n' >leaf.ext &&
    for kind in rsa:2048 rsa:3072 ec; do
      name=${kind/:/}
      case $kind in
        ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key" ;;
        *) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${kind#rsa:}" -out "$name.key" ;;
      esac &&
        openssl req -new -key "$name.key" -subj "/C=VN/CN=Office $name" -out "$name.csr" &&
        openssl x509 -req -in "$name.csr" -CA root.pem -CAkey root.key -CAcreateserial -days 30 -extfile leaf.ext -out "$name.pem" || exit 1
    done
) >"$work/openssl" 2>&1 || { cat "$work/openssl"; die "openssl made no certificates"; }

# The messages of the guide in all kinds, with names that need escaping and files that are more than a line.
"$python" - "$work" "$root_dir/docs/guide/edxml.md" <<'PYTHON' || die "the descriptions could not be made"
import copy, json, os, pathlib, re, sys
work, guide = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
document, status = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", guide, re.S))
document["content"] = 'Điều 1 < 2 & "ba"\r\n\tĐiều 4 > 3'
document["document_id"] = status["response_for"]["document_id"]
document["to"].append({"organ_id": "28.22.H17", "name": "Cơ quan thử nghiệm C"})
business = {"document_id": document["document_id"], "reason": "Sai thể thức <trình bày>", "paper": True}
kinds = {
    "document": {"type": "0", "paper": False},
    "recall": business | {"type": "1"},
    "update": business | {"type": "2", "update": {"document_info": 1, "document_receiver": 0,
        "receivers": [{"organ_id": "000.00.02.T00", "receiver_type": 1}]}},
    "replace": business | {"type": "3", "replacements": [{"document_id": "000.00.01.T00,2025/12/01,7816/VPCP-TTĐT",
        "organ_ids": ["000.00.02.T00", "28.22.H17"]}]},
}
for name, what in kinds.items():
    made = copy.deepcopy(document) | {"business": what}
    (work / f"{name}.json").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
bad = copy.deepcopy(document) | {"subject": "x" * 501}
(work / "bad.json").write_text(json.dumps(bad), encoding="utf-8")
(work / "status.json").write_text(json.dumps(status, ensure_ascii=False), encoding="utf-8")
(work / "thông báo.pdf").write_bytes(b"%PDF-1.7\n%made up\n" + os.urandom(300_000))
(work / "phu-luc.txt").write_text("phụ lục\n", encoding="utf-8")
PYTHON
files=(--attach "$work/thông báo.pdf" --attach "$work/phu-luc.txt")

say "messages we write, unsigned and signed"
for kind in document recall update replace; do
  expect 0 "$kind is written" edxml write --data "$work/$kind.json" "${files[@]}" --out "$work/$kind.edxml"
  expect 0 "$kind: the referee accepts it" referee "$work/$kind.edxml"
  for key in rsa2048 rsa3072 ec; do
    signed="$work/$kind-$key.edxml"
    expect 0 "$kind is signed with $key" edxml write --data "$work/$kind.json" "${files[@]}" --key "$work/$key.key" \
      --certificate "$work/$key.pem" --out "$signed"
    expect 0 "$kind, $key: the referee accepts message and signature" referee --cert "$work/root.pem" "$signed"
    expect 1 "$kind, $key: the referee refuses it under another root" referee --cert "$work/other.pem" "$signed"
  done
done
expect 1 "a subject that is too long is not written" edxml write --data "$work/bad.json" "${files[@]}" --out "$work/bad.edxml"
expect 0 "a status is written from its description" edxml write --data "$work/status.json" --out "$work/status.edxml"
for code in 01 02 03 04 05 06 13 15 16; do
  status="$work/status-$code.edxml"
  expect 0 "status $code is written and signed" edxml status "$work/document.edxml" --code "$code" --organ 000.00.02.T00 \
    --description "Lý do & <thử>" --staff "Văn thư" --key "$work/rsa2048.key" --certificate "$work/rsa2048.pem" --out "$status"
  expect 0 "status $code: the referee accepts message and signature" referee --cert "$work/root.pem" "$status"
  expect 0 "status $code: we accept it" edxml read "$status" --strict --root "$work/root.pem"
done
expect 1 "a refusal without a reason is not written" edxml status "$work/document.edxml" --code 02 --organ 28.22.H17 --out "$work/none"
expect 2 "nobody answers who was not asked" edxml status "$work/document.edxml" --code 03 --organ 000.00.09.T00 --out "$work/none"

say "xmlsec1"
if command -v xmlsec1 >/dev/null; then
  for file in "$work"/document-*.edxml "$work"/status-*.edxml; do
    expect 0 "xmlsec1 accepts $(basename "$file")" xmlsec1 --verify --trusted-pem "$work/root.pem" "$file"
  done
else
  echo "xmlsec1 is absent: it judged nothing."
fi

say "what we wrote is read back, all of it"
for file in "$work"/{document,recall,update,replace}*.edxml "$work/status.edxml"; do
  name=$(basename "$file" .edxml); kind=${name%%-*}
  rm -rf "$work/again"
  if ! edxml read "$file" --strict --json --out "$work/again" >"$work/read.json" 2>"$work/said"; then
    fail "$name: we refuse it"; cat "$work/read.json" "$work/said"; continue
  fi
  attach=()
  [ "$kind" = status ] || attach=(--attach "$work/again/thông báo.pdf" --attach "$work/again/phu-luc.txt")
  "$python" -c 'import json,sys; json.dump(json.load(open(sys.argv[1]))["message"], open(sys.argv[2],"w"))' "$work/read.json" "$work/message.json"
  expect 0 "$name is written again" edxml write --data "$work/message.json" "${attach[@]}" --out "$work/again.edxml"
  expect 0 "$name: the same bytes, a signature aside" cmp "$work/again.edxml" <("$python" -c '
import re,sys
sys.stdout.buffer.write(re.sub(rb"<ds:Signature .*?</ds:Signature>", b"", open(sys.argv[1],"rb").read(), flags=re.S))' "$file")
done

say "messages of the referee, good, odd and broken: the same verdict"
"$python" - "$judge/check_edxml.py" "$work/theirs" <<'PYTHON' >"$work/verdicts" || die "the referee's messages could not be taken"
# Runs the self-test with a judge that writes down what it is given and says.
import contextlib, io, pathlib, sys
source, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir()
sys.argv = [source, "--samples", str(folder / "samples")]
names = {"__name__": "referee"}
with contextlib.redirect_stdout(io.StringIO()):
    try:
        exec(compile(pathlib.Path(source).read_text(encoding="utf-8"), source, "exec"), names)
    except SystemExit:
        pass
real, seen = names["Judge"], {}
class Recorder(real):
    def __init__(self, data, lenient=False, cert=None):
        super().__init__(data, lenient, cert)
        seen.setdefault(bytes(data), None)
names["Judge"] = Recorder
with contextlib.redirect_stdout(io.StringIO()):
    names["selftest"]()
for number, data in enumerate(seen):
    path = folder / f"{number:02}.edxml"
    path.write_bytes(data)
    strict, lenient = real(data).check(), real(data, True).check()
    # Without a root the referee verifies no signature; we say that one without a value is none.
    if b"<SignatureMethod" in data:
        lenient = lenient or ["the signature has no value"]
    print(path, int(bool(lenient)), int(bool(strict)), (strict or ["good"])[0], sep="\t")
for path in sorted((folder / "samples").iterdir()):
    print(path, 0, 0, f"sample {path.stem}", sep="\t")
PYTHON
while IFS=$'\t' read -r file lenient strict reason; do
  expect "$lenient" "read: ${reason:0:70}" edxml read "$file"
  expect "$strict" "read strictly: ${reason:0:70}" edxml read "$file" --strict
done <"$work/verdicts"

say "messages that signxml signed"
"$python" - "$judge/check_edxml.py" "$work" <<'PYTHON' || fail "signxml signed nothing"
import contextlib, io, pathlib, sys
from lxml import etree
from signxml import CanonicalizationMethod as C, DigestAlgorithm as D, SignatureMethod as S, XMLSigner, methods
source, work = sys.argv[1], pathlib.Path(sys.argv[2])
sys.argv = [source, "--samples", str(work / "unsigned")]
names = {"__name__": "referee"}
with contextlib.redirect_stdout(io.StringIO()):
    try:
        exec(compile(pathlib.Path(source).read_text(encoding="utf-8"), source, "exec"), names)
    except SystemExit:
        pass
class Signer(XMLSigner):
    def check_deprecated_methods(self):
        pass
DS = "http://www.w3.org/2000/09/xmldsig#"
def sign(name, key, method, digest, form, sample="document"):
    root = etree.fromstring((work / "unsigned" / f"{sample}.edxml").read_bytes())
    head = root.find(f".//{{{names['NS']}}}edXMLHeader")
    etree.SubElement(head, f"{{{DS}}}Signature", Id="placeholder")
    signer = Signer(method=methods.enveloped, signature_algorithm=method, digest_algorithm=digest, c14n_algorithm=form)
    signed = signer.sign(root, key=(work / f"{key}.key").read_bytes(), cert=(work / f"{key}.pem").read_text())
    data = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
    (work / f"theirs-{name}.edxml").write_bytes(data)
    return data
inclusive, exclusive = C.CANONICAL_XML_1_0, C.EXCLUSIVE_XML_CANONICALIZATION_1_0
data = sign("good-rsa", "rsa2048", S.RSA_SHA256, D.SHA256, inclusive)
sign("good-exclusive", "rsa2048", S.RSA_SHA256, D.SHA256, exclusive)
sign("good-sha512", "rsa3072", S.RSA_SHA512, D.SHA512, inclusive)
sign("good-ec", "ec", S.ECDSA_SHA256, D.SHA256, exclusive)
sign("good-status", "rsa2048", S.RSA_SHA256, D.SHA256, inclusive, "status_03")
sign("bad-sha1", "rsa2048", S.RSA_SHA1, D.SHA1, inclusive)
sign("bad-pss", "rsa2048", S.SHA256_RSA_MGF1, D.SHA256, inclusive)
sign("bad-comments", "rsa2048", S.RSA_SHA256, D.SHA256, C.CANONICAL_XML_1_0_WITH_COMMENTS)
(work / "theirs-bad-changed.edxml").write_bytes(data.replace("Thông báo thử".encode(), "Thông báo giả".encode(), 1))
PYTHON
for file in "$work"/theirs-good-*.edxml; do
  expect 0 "we accept $(basename "$file")" edxml read "$file" --root "$work/root.pem"
  expect 1 "under another root we refuse it" edxml read "$file" --root "$work/other.pem"
done
for file in "$work"/theirs-bad-*.edxml; do
  expect 1 "we refuse $(basename "$file")" edxml read "$file" --root "$work/root.pem"
done

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
