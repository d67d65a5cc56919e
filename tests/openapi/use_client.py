"""Uses the client that openapi-python-client makes of the document, against a service.

Usage: use_client.py URL READ_TOKEN WRITE_TOKEN, where Python finds the client as `record_client`. The
service has no records yet. Fails where the client does not do what its types say.
"""

import io
import json
import sys
from http import HTTPStatus
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlsplit

from record_client import AuthenticatedClient, Client
from record_client.api.default import (
    add_record, base_options, batch, change_record, count, count_head, follow_changes, import_records, list_records,
    live, metrics, openapi, read_record, read_record_head, ready, record_options, remove_record, remove_records,
    store_record,
)
from record_client.models import (
    BatchBody, BatchRequest, BatchRequestHeaders, BatchRequestMethod, BatchResponse200, ChangeEvent,
    ChangeRecordJsonBody, FollowChangesResponse200, Members, Page, Problem, Record, RemoveRecordsResponse200,
)
from record_client.types import UNSET, File

URL, READ_TOKEN, WRITE_TOKEN = sys.argv[1:]


def reserved_as_they_are(request):
    """The client encodes what has a meaning of its own in some URLs, such as slashes and colons, and the
    path `/a%2Fb` names another record than `/a/b`: leaves those that may stand in a path as they are."""
    path, question_mark, query = request.url.raw_path.partition(b"?")
    path = quote(unquote_to_bytes(path), safe="/:@!$&'()*+,;=").encode()
    request.url = request.url.copy_with(raw_path=path + question_mark + query)


def client(token=WRITE_TOKEN, hooks=(reserved_as_they_are,)):
    return AuthenticatedClient(
        base_url=URL,
        token=token,
        # An answer that the document has not is an error.
        raise_on_unexpected_status=True,
        httpx_args={"event_hooks": {"request": list(hooks)}},
    )


def members(**members):
    made = Members()
    made.additional_properties = members
    return made


def merge_patch(**members):
    made = ChangeRecordJsonBody()
    made.additional_properties = members
    return made


def expect(response, status, kind=None):
    """Fails unless the answer has this status, and its content, if it is to have any, was read as this."""
    assert response.status_code == status, response
    if kind is None:
        assert response.parsed is None, response
    else:
        assert isinstance(response.parsed, kind), response
    return response


def expect_problem(response, status, code):
    problem = expect(response, status, Problem).parsed
    assert (problem.status, problem.code) == (status, code), problem
    assert problem.title and problem.detail and problem.type_, problem


def records():
    service = client()
    path = "docs/2026/report"
    stored = expect(store_record.sync_detailed(path, client=service, body=members(n=1, text="a/b"), ttl=60),
                    HTTPStatus.CREATED, Record)
    assert stored.parsed["n"] == 1 and stored.parsed.ttl == 60 and stored.parsed.last_updated > 0, stored
    tag = stored.headers["ETag"]

    read = expect(read_record.sync_detailed(path, client=service), HTTPStatus.OK, Record)
    assert read.headers["ETag"] == tag and read.parsed["text"] == "a/b", read
    expect(read_record.sync_detailed(path, client=service, if_none_match=tag), HTTPStatus.NOT_MODIFIED)

    head = expect(read_record_head.sync_detailed(path, client=service), HTTPStatus.OK)
    assert head.headers["ETag"] == tag and not head.content, head
    expect(read_record_head.sync_detailed(path, client=service, if_none_match=tag), HTTPStatus.NOT_MODIFIED)

    # What was read can be sent back.
    again = Members.from_dict(read.parsed.to_dict())
    expect(store_record.sync_detailed(path, client=service, body=again, ttl="never", if_match=tag),
           HTTPStatus.OK, Record)
    expect_problem(store_record.sync_detailed(path, client=service, body=again, if_match=tag),
                   HTTPStatus.PRECONDITION_FAILED, "precondition-failed")

    changed = expect(change_record.sync_detailed(path, client=service, body=merge_patch(n=2, text=None)),
                     HTTPStatus.OK, Record)
    assert changed.parsed.additional_properties == {"n": 2} and changed.parsed.ttl is None, changed
    patch = [{"op": "test", "path": "/n", "value": 2}, {"op": "move", "from": "/n", "path": "/m"}]
    moved = service.get_httpx_client().patch(f"/{path}", json=patch,
                                             headers={"Content-Type": "application/json-patch+json"})
    assert Record.from_dict(moved.json())["m"] == 2, moved

    added = expect(add_record.sync_detailed("docs/", client=service, body=members(x=1)), HTTPStatus.CREATED, Record)
    beside = added.headers["Location"].removeprefix("/")
    expect(remove_record.sync_detailed(beside, client=service), HTTPStatus.NO_CONTENT)
    expect(record_options.sync_detailed(path, client=service), HTTPStatus.NO_CONTENT)
    expect(remove_record.sync_detailed(path, client=service), HTTPStatus.NO_CONTENT)


def paths():
    plain, service = client(hooks=()), client()
    path = "a/b:c@d!e$f&g'h(i)j*k+l,m;n=o"
    for by in (plain, service):
        expect(store_record.sync_detailed(path, client=by, body=members()), HTTPStatus.CREATED, Record)
    page = list_records.sync(client=service, prefix="/a")
    assert {record.path for record in page.records} == {"/" + path, "/" + quote(path, safe="")}, page
    for by in (plain, service):
        expect(remove_record.sync_detailed(path, client=by), HTTPStatus.NO_CONTENT)
    # Of the others nothing has to be put back.
    for path in ("ab", "a b", "a%b", "a%2Fb", "a?b#c", "[a]", "é", "a~b"):
        expect(store_record.sync_detailed(path, client=plain, body=members()), HTTPStatus.CREATED, Record)
        expect(read_record.sync_detailed(path, client=service), HTTPStatus.OK, Record)
        expect(remove_record.sync_detailed(path, client=service), HTTPStatus.NO_CONTENT)


def listing():
    service = client()
    paths = ["/list/a", "/list/b", "/list/c+d", "/list/deep/1", "/list/deep/2"]
    for path in paths:
        store_record.sync(path.removeprefix("/"), client=service, body=members())
    first = expect(list_records.sync_detailed(client=service, prefix="/list/", limit=3), HTTPStatus.OK, Page).parsed
    assert first.next_, first
    rest = list_records.sync(client=service, prefix="/list/", after=first.records[-1].path)
    assert rest.next_ is None and [entry.path for entry in first.records + rest.records] == paths, (first, rest)
    folded = list_records.sync(client=service, prefix="/list/", delimiter="/")
    assert folded.prefixes == ["/list/deep/"] and len(folded.records) == 3, folded
    # The client encodes the plus, which would be a space as it is.
    assert [entry.path for entry in list_records.sync(client=service, prefix="/list/c+").records] == ["/list/c+d"]
    tag = read_record.sync_detailed("list/a", client=service).headers["ETag"]
    assert first.records[0].etag == tag, first


def changes():
    service = client()
    begin = expect(follow_changes.sync_detailed(client=service, prefix="/follow/"), HTTPStatus.OK,
                   FollowChangesResponse200).parsed
    assert begin.changes == [], begin
    stored = store_record.sync_detailed("follow/a", client=service, body=members())
    remove_record.sync_detailed("follow/a", client=service)
    after = parse_qs(urlsplit(begin.next_).query)["after"][0]
    answer = follow_changes.sync_detailed(client=service, prefix="/follow/", after=after, prefer="wait=60")
    assert answer.headers["Preference-Applied"] == "wait=60", answer
    written, deleted = expect(answer, HTTPStatus.OK, FollowChangesResponse200).parsed.changes
    assert (written.path, written.event, written.etag) == ("/follow/a", ChangeEvent.WRITTEN, stored.headers["ETag"])
    assert written.last_updated == stored.parsed.last_updated, written
    assert (deleted.path, deleted.event, deleted.etag) == ("/follow/a", ChangeEvent.DELETED, UNSET), deleted
    forgotten = follow_changes.sync_detailed(client=service, after="1-0")
    expect_problem(forgotten, HTTPStatus.GONE, "changes-forgotten")
    missing = read_record.sync_detailed("follow/a", client=service, prefer="wait=0")
    expect_problem(missing, HTTPStatus.NOT_FOUND, "record-not-found")
    assert missing.headers["Preference-Applied"] == "wait=0", missing


def asked(method, path, body=UNSET, **headers):
    """One request of a batch."""
    sent = BatchRequestHeaders.from_dict({name.replace("_", "-"): value for name, value in headers.items()})
    return BatchRequest(method=BatchRequestMethod(method), path=path, body=body, headers=sent if headers else UNSET)


def batches():
    service = client()
    requests = [asked("PUT", "/batch/a?ttl=60", {"n": 1}), asked("PUT", "/batch/b", {"n": 2}, If_None_Match="*"),
                asked("GET", "/batch/c")]
    done = expect(batch.sync_detailed(client=service, body=BatchBody(requests=requests)), HTTPStatus.OK,
                  BatchResponse200).parsed.responses
    assert [response.status for response in done] == [201, 201, 404], done
    assert isinstance(done[0].body, Record) and done[0].body["n"] == 1 and done[0].body.ttl == 60, done
    assert isinstance(done[2].body, Problem) and done[2].body.code == "record-not-found", done
    tag = read_record.sync_detailed("batch/a", client=service).headers["ETag"]
    assert done[0].headers["ETag"] == tag, done

    requests = [asked("DELETE", "/batch/a"), asked("PATCH", "/batch/b", {"n": None}, If_Match='"another"')]
    refused = batch.sync_detailed(client=service, body=BatchBody(requests=requests))
    expect_problem(refused, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")
    assert refused.parsed.request == 1, refused
    requests = [asked("DELETE", "/batch/a"), asked("DELETE", "/batch/b")]
    done = batch.sync(client=service, body=BatchBody(requests=requests)).responses
    assert [(response.status, response.body) for response in done] == [(204, UNSET)] * 2, done


def export_and_import():
    service = client()
    lines = [{"path": "/many/a", "value": {"n": 1}, "ttl": 60}, {"path": "/many/b", "value": {}, "ttl": None}, {}]
    sent = File(payload=io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
    answer = expect(import_records.sync_detailed(client=service, body=sent), HTTPStatus.OK, File).parsed
    outcomes = [json.loads(line) for line in answer.payload]
    assert [(outcome["line"], outcome["status"]) for outcome in outcomes] == [(1, 201), (2, 201), (3, 400)], outcomes
    again = File(payload=io.BytesIO(b'{"path":"/many/a","value":{}}'))
    refused = import_records.sync_detailed(client=service, body=again, if_none_match="*")
    assert json.loads(refused.content)["code"] == "precondition-failed", refused

    page = list_records.sync(client=service, prefix="/many/", values=True)
    assert [(entry.value.to_dict(), entry.ttl) for entry in page.records] == [({"n": 1}, 60), ({}, None)], page
    removed = expect(remove_records.sync_detailed(client=service, prefix="/many/"), HTTPStatus.OK,
                     RemoveRecordsResponse200).parsed
    assert (removed.deleted, removed.next_) == (2, None), removed


def service_paths():
    service = client()
    assert count.sync(client=service).startswith("Count is ")
    expect(count_head.sync_detailed(client=service), HTTPStatus.OK)
    expect(count_head.sync_detailed(client=service, path="/nothing"), HTTPStatus.NOT_FOUND)
    expect(base_options.sync_detailed(client=service), HTTPStatus.NO_CONTENT)
    assert live.sync(client=service)["status"] == "live"
    assert ready.sync(client=service)["status"] == "ready"
    assert "path_records_records" in metrics.sync(client=service)
    assert openapi.sync(client=service)["openapi"].startswith("3.1")


def errors():
    service = client()
    missing = read_record.sync_detailed("no/such", client=service)
    expect_problem(missing, HTTPStatus.NOT_FOUND, "record-not-found")
    assert "thing doesn't exist" in missing.parsed.detail, missing
    head = expect(read_record_head.sync_detailed("no/such", client=service), HTTPStatus.NOT_FOUND)
    assert not head.content, head
    expect_problem(remove_record.sync_detailed("no/such", client=service), HTTPStatus.NOT_FOUND, "record-not-found")
    expect_problem(change_record.sync_detailed("no/such", client=service, body=merge_patch()),
                   HTTPStatus.NOT_FOUND, "record-not-found")
    expect_problem(list_records.sync_detailed(client=service, limit=0), HTTPStatus.BAD_REQUEST, "invalid-query")
    expect_problem(store_record.sync_detailed("a", client=service, body=members(), ttl=0),
                   HTTPStatus.BAD_REQUEST, "invalid-query")
    expect_problem(read_record.sync_detailed("a" * 1024, client=service),
                   HTTPStatus.REQUEST_URI_TOO_LONG, "path-too-long")
    expect(read_record_head.sync_detailed("a" * 1024, client=service), HTTPStatus.REQUEST_URI_TOO_LONG)
    expect_problem(add_record.sync_detailed("no-slash", client=service, body=members()),
                   HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed")

    reader = client(READ_TOKEN)
    expect_problem(store_record.sync_detailed("a", client=reader, body=members()), HTTPStatus.FORBIDDEN, "forbidden")
    stranger = Client(base_url=URL, raise_on_unexpected_status=True)
    expect_problem(list_records.sync_detailed(client=stranger), HTTPStatus.UNAUTHORIZED, "unauthorized")
    expect(read_record_head.sync_detailed("a", client=stranger), HTTPStatus.UNAUTHORIZED)


records()
paths()
listing()
changes()
batches()
export_and_import()
service_paths()
errors()
