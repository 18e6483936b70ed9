"""A check that the definition cannot say: what a refusal looks like."""

import re

import schemathesis

TRACE = re.compile("^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")


@schemathesis.check
def refusal_has_a_known_form(ctx, response, case):
    if response.status_code < 400:
        return
    if not response.content:
        return
    assert response.headers["content-type"][0].startswith("application/json"), "a refusal that is not JSON"
    body = response.json()
    assert set(body) <= {"message", "errorCode", "traceId", "details"}, f"unknown members: {sorted(body)}"
    assert isinstance(body["message"], str) and body["message"]
    assert isinstance(body["errorCode"], int)
    assert TRACE.match(body["traceId"])
    assert isinstance(body.get("details", ""), str)
