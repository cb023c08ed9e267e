#!/usr/bin/env python3
"""The main job through the API, with nothing but Python: a birth is registered from question to verification.

Usage: api-journey.py [var/demo.json]   (a demonstration city must be running)
"""
import datetime
import json
import sys
import urllib.request
import uuid

DEMO = json.load(open(sys.argv[1] if len(sys.argv) > 1 else "var/demo.json", encoding="utf-8"))
PLAY = {account["role"]: account for account in DEMO["accounts"]}  # one person a role
CLERK = "other_one_stop_officer"  # of another commune: any one-stop unit of the city may receive
HOME = PLAY["one_stop_officer"]["agency"].rsplit(".", 1)[-1]  # the resident's commune, which decides


def call(token, method, path, body=None, kind="application/json"):
    """One request; a refusal is shown with its stable code and ends the walk."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(DEMO["address"] + path, data, {"Content-Type": kind}, method=method)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    if method == "POST":
        request.add_header("Idempotency-Key", str(uuid.uuid4()))  # a repeated request is done once
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as refusal:
        sys.exit(f"{method} {path}: {refusal.code} {refusal.read().decode()}")
    return json.loads(text) if text else None


def attach(token, draft, component, name, content):
    """Files are sent as a browser sends them; the field is named by the component."""
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{component}"; filename="{name}"\r\nContent-Type: application/pdf\r\n\r\n'
    body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    return call(token, "POST", f"/api/v1/drafts/{draft}/documents", body, f"multipart/form-data; boundary={mark}")


def act(who, case, action, **more):
    """An official does one thing to the case; the data of the procedure and the law say whether it may be done now."""
    moved = call(PLAY[who]["token"], "POST", f"/api/v1/cases/{case}/actions/{action}", more)
    print(f"{who:22} {action:18} → {moved['state']} (national status {moved['national_status']})")
    return moved


# 1. What is it, what does it cost, when would it be ready? Asked before anything is filed.
found = call(None, "GET", "/api/v1/procedures?q=dang%20ky%20khai%20sinh")["items"][0]
print(found["code"], found["name"])
resident = PLAY["resident"]["token"]

# 2. A draft: what the registers know is in `known`, with source and legal basis; we confirm it and add the rest.
draft = call(resident, "POST", "/api/v1/drafts", {"procedure": found["code"], "channel": "online"})["id"]
detail = call(resident, "GET", f"/api/v1/drafts/{draft}")
answers = {key: one["value"] for key, one in detail["known"].items()}
print("known to the city:", ", ".join(sorted(answers)) or "nothing")
home = {"province_code": "31", "commune_code": HOME, "detail": "Số 1 đường Ví Dụ"}
born = datetime.date.today() - datetime.timedelta(days=10)
answers |= {
    "applicant_relation": "mother", "child_situation": "usual", "child_full_name": "Nguyễn Mẫu Hải Đăng",
    "child_birth_date": born.isoformat(), "child_sex": "female", "child_birth_place_kind": "health_facility",
    "child_birth_place": "Bệnh viện Mẫu", "child_ethnicity": "01", "child_nationality": "VN",
    "child_home_place": {"province_code": "31", "commune_code": HOME},
    "mother_full_name": PLAY["resident"]["name"], "mother_birth_year": "1996", "mother_ethnicity": "01",
    "mother_nationality": "VN", "mother_residence": home, "parents_married": False,
    "copies_wanted": True, "copies_quantity": 2, "contact_delivery": "counter", "declare_truth": True,
}
call(resident, "PATCH", f"/api/v1/drafts/{draft}", {"answers": answers})
attach(resident, draft, "birth_notice", "giay-chung-sinh.pdf", b"%PDF-1.4\n%%EOF\n")
call(resident, "PUT", f"/api/v1/drafts/{draft}/unit", {"agency": PLAY[CLERK]["agency"]})

# 3. Submit: number, receipt, and the date expected if accepted now.
receipt = call(resident, "POST", f"/api/v1/drafts/{draft}/submit", {})
case = receipt["case_id"]
print("filed as", receipt["case_no"])

# 4. A clerk of another commune takes the money and asks for a supplement; the clock stands until it is answered.
call(PLAY[CLERK]["token"], "POST", f"/api/v1/cases/{case}/counter-payments", {})
item = {"component": "birth_notice", "what": "Ảnh giấy chứng sinh rõ nét hơn"}
act(CLERK, case, "supplement", reason="Ảnh chụp bị mờ ở phần ngày sinh.", items=[item])
act("resident", case, "answer_supplement")
act(CLERK, case, "accept")

# 5. Decide: propose, sign, number and issue, hand over. Each only in its turn, each by whoever may.
for who, action in [("official", "propose"), ("leader", "sign"), ("clerk", "issue"), (CLERK, "hand_over")]:
    act(who, case, action)

# 6. Prove: anyone may verify the result; the resident reads who looked.
result = call(resident, "GET", f"/api/v1/cases/{case}")["results"][0]
print("result", result["number"], result["verify"])
print("accesses on the log:", len(call(resident, "GET", "/api/v1/vault/accesses")["items"]))
