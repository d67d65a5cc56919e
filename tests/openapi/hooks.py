"""What schemathesis can't know from the document, and what is promised beyond it."""

from datetime import timezone
from email.utils import format_datetime
from urllib.parse import parse_qs, quote, unquote, urlsplit

import schemathesis
from hypothesis import strategies
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation

# The dates of HTTP; a pattern can't say which days there are.
schemathesis.openapi.format(
    "http-date",
    strategies.datetimes(timezones=strategies.just(timezone.utc)).map(lambda date: format_datetime(date, usegmt=True)),
)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Tokens are optional in the document, as they are up to the operator; here both are set."""

    def required(requirements):
        return [requirement for requirement in requirements if requirement]

    raw_schema["security"] = required(raw_schema["security"])
    for path_item in raw_schema["paths"].values():
        for operation in path_item.values():
            if "security" in operation:
                operation["security"] = required(operation["security"])


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
    """
    for name, value in (case.headers or {}).items():
        if isinstance(value, str) and not value.isascii():
            case.headers[name] = value.encode().decode("latin-1")
    if case.method == "PATCH" and case.body is NOT_SET:
        case.query = {"ttl": 60, **(case.query or {})}
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
    if case.operation.path not in ("/", "/{path}", "/-/records") or case.method == "OPTIONS":
        return
    known = {parameter.name for parameter in case.operation.query}
    sent = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
    assert response.status_code >= 400 or known.issuperset(sent), "accepted"
