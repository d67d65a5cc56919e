"""What schemathesis can't know from the document, and what is promised beyond it."""

import json
from datetime import timezone
from email.utils import format_datetime
from urllib.parse import parse_qs, quote, unquote, urlsplit

import schemathesis
from hypothesis import strategies
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation

LINES = "application/x-ndjson"

# The dates of HTTP; a pattern can't say which days there are.
schemathesis.openapi.format(
    "http-date",
    strategies.datetimes(timezones=strategies.just(timezone.utc)).map(lambda date: format_datetime(date, usegmt=True)),
)


# What an import is made of: records, and lines that are none.
RECORDS = strategies.fixed_dictionaries(
    {
        "path": strategies.text("ab/%2F.-", max_size=6).map("/".__add__),
        "value": strategies.dictionaries(strategies.text(max_size=3), strategies.integers(), max_size=3),
    },
    optional={"ttl": strategies.none() | strategies.integers(-1, 99), "etag": strategies.text(max_size=3)},
)
schemathesis.openapi.media_type(
    LINES,
    strategies.lists(RECORDS.map(json.dumps) | strategies.text(max_size=20), max_size=5)
    .map(lambda lines: "\n".join(lines).encode(errors="surrogatepass")),
)


@schemathesis.deserializer(LINES)
def lines(context, response):
    return response.content.decode()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Tokens are optional in the document, as they are up to the operator; here both are set. Of lines
    schemathesis sends bytes only."""

    def required(requirements):
        return [requirement for requirement in requirements if requirement]

    raw_schema["security"] = required(raw_schema["security"])
    for path_item in raw_schema["paths"].values():
        for operation in path_item.values():
            if "security" in operation:
                operation["security"] = required(operation["security"])
    sent = raw_schema["paths"]["/-/records"]["post"]["requestBody"]["content"][LINES]
    sent["example"] = sent["example"].encode()


class Path(str):
    """A record's path as the document has it. In a URL its slashes stand as they are; schemathesis
    would send `%2F`. `.` and `..` are encoded, which is the same to the service; schemathesis's HTTP
    client would resolve them."""

    def __format__(self, spec):
        return "/".join(quote(segment, safe="") if segment not in (".", "..") else segment.replace(".", "%2E")
                        for segment in self.split("/"))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Requests reach the operation that they are for, and the service at all.

    - Spin answers a header that is not UTF-8 with 500 before the service sees the request; so what is
      beyond ASCII goes as UTF-8.
    - A path that begins with `/`, which the client would drop, or with `-/`, which is no record's, would
      reach another operation; it gets a `_` in front.
    - POST goes to paths that end in `/` unless the case is about the path: the document says so, but
      schemathesis makes no such paths in all of its phases. OPTIONS goes there too: POST is among the
      methods in the document, and what `Allow` says of other paths is tested with the contract.
    - A PATCH without a body gets a `ttl`: the document can't say that one of them has to be there.
    - Every other listing is asked for as lines.
    - What is to wait waits for no time.
    - A batch that is to be one has each path once, none of them with a query or a segment `.` or `..`, and a
      record or a patch where the method needs it: the document can't say that either. Some have a condition. One
      that is to be none has no GET, since no GET fails a batch.
    """
    for name, value in (case.headers or {}).items():
        if isinstance(value, str) and not value.isascii():
            case.headers[name] = value.encode().decode("latin-1")
    if case.method == "PATCH" and case.body is NOT_SET:
        case.query = {"ttl": 60, **(case.query or {})}
    if case.operation.path == "/-/records" and case.method == "GET" and len(str(case.query)) % 2:
        case.headers["Accept"] = LINES
    if "Prefer" in (case.headers or {}):
        case.headers["Prefer"] = case.headers["Prefer"].replace("wait=60", "wait=0")
    if case.operation.path == "/-/batch":
        is_to_be_done = case.meta.generation.mode == GenerationMode.POSITIVE
        case.body = batch(case.body) if is_to_be_done else without_get(case.body)
    encoded = (case.path_parameters or {}).get("path")
    if not isinstance(encoded, str):
        return
    path = unquote(encoded)
    if path.startswith("/") or path.split("/")[0] == "-":
        path = "_" + path
    is_about_path = case.meta.phase.data.parameter_location == ParameterLocation.PATH
    if case.method == "OPTIONS" or (case.method == "POST" and not is_about_path):
        path = path.rstrip("/") + "/"
    case.path_parameters["path"] = Path(path)


def batch(body):
    requests = {}
    for request in body["requests"]:
        segments = request["path"].replace("?", "_").split("/")
        path = "/".join("_" if unquote(segment) in (".", "..") else segment for segment in segments)
        request = {**request, "path": path}
        if request["method"] in ("PUT", "PATCH") and not isinstance(request.get("body"), dict):
            request["body"] = {}
        if len(path) % 3 == 0:
            request["headers"] = {**request.get("headers", {}), "If-None-Match": "*"}
        requests[path] = request
    return {"requests": list(requests.values())}


def without_get(body):
    requests = body.get("requests") if isinstance(body, dict) else None
    for request in requests if isinstance(requests, list) else []:
        if isinstance(request, dict) and request.get("method") == "GET":
            request["method"] = "DELETE"
    return body


@schemathesis.check
def no_sniffing(ctx, response, case):
    assert response.headers.get("x-content-type-options") == ["nosniff"], "X-Content-Type-Options"


@schemathesis.check
def errors_are_problems(ctx, response, case):
    if response.status_code < 400:
        return
    assert response.headers.get("content-type") == ["application/problem+json"], "Content-Type"
    assert response.headers.get("cache-control") == ["no-store"], "Cache-Control"
    if response.request.method != "HEAD":
        assert response.json()["status"] == response.status_code, "the problem's status"


@schemathesis.check
def unknown_query_parameters_are_refused(ctx, response, case):
    """The document says so, and schemathesis takes it that servers ignore them."""
    if case.operation.path not in ("/", "/{path}", "/-/records", "/-/batch", "/-/changes") or case.method == "OPTIONS":
        return
    known = {parameter.name for parameter in case.operation.query}
    sent = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
    assert response.status_code >= 400 or known.issuperset(sent), "accepted"


@schemathesis.check
def lines_are_what_the_document_says(ctx, response, case):
    if response.headers.get("content-type") != [LINES]:
        return
    document = case.operation.schema.raw_schema
    operation = document["paths"][case.operation.path][case.method.lower()]
    content = operation["responses"][str(response.status_code)]["content"]
    line_schema = content[LINES]["schema"]["contentSchema"]["items"]
    validator = Draft202012Validator({**line_schema, "components": document["components"]})
    *texts, rest = response.content.decode().split("\n")
    assert rest == "", "a line without an end"
    for line in texts:
        validator.validate(json.loads(line))
