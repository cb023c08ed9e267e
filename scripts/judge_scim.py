"""Runs scim2-tester against a demonstration city and ends with `N passed, N failed`; a skip counts as failed."""

import json
import sys

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

address, manifest = sys.argv[1], sys.argv[2]
with open(manifest, encoding="utf-8") as file:
    accounts = json.load(file)["accounts"]
administrator = next(account for account in accounts if account["role"] == "administrator")

# The token of the directory is made as an administrator makes it: through the interface, told once.
made = httpx2.post(
    f"{address}/api/v1/tokens",
    headers={"authorization": f"Bearer {administrator['token']}"},
    json={"name": "Thư mục thử", "agency": administrator["agency"], "capabilities": ["scim.manage"]},
)
made.raise_for_status()

http = httpx2.Client(
    base_url=f"{address}/scim/v2",
    headers={"authorization": f"Bearer {made.json()['token']}"},
    timeout=30,
)
results = check_server(SyncSCIMClient(http))
passed = sum(result.status == Status.SUCCESS for result in results)
for result in results:
    if result.status != Status.SUCCESS:
        print(f"{result.status.name} {result.resource_type or ''} {result.title}: {result.reason}")
failed = len(results) - passed
print(f"{passed} passed, {failed} failed")
sys.exit(0 if failed == 0 and passed > 0 else 1)
