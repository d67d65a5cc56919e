//! Section 4: `If-Match` and `If-None-Match`, after RFC 9110, section 13.

use harness::assert_problem;

use crate::common::{host, path, stored, with_lines};

/// Values of `If-Match` that hold for a record with this entity tag.
fn matching(etag: &str) -> Vec<String> {
    vec![
        etag.to_owned(),
        "*".to_owned(),
        format!("\"x\", {etag}"),
        format!("{etag},\"x\""),
        format!("\"a,b\" , W/\"y\",\t{etag}"),
        format!(", ,{etag}"),
    ]
}

/// Values of `If-Match` that don't.
fn others(etag: &str) -> Vec<String> {
    vec![
        "\"x\"".to_owned(),
        "\"\"".to_owned(),
        format!("W/{etag}"),
        "\"x\", \"y\"".to_owned(),
        format!("\"a,{}\"", etag.trim_matches('"')),
        format!("\"{}x\"", etag.trim_matches('"')),
        format!("\"x{}\"", etag.trim_matches('"')),
    ]
}

#[test]
fn a_write_with_an_if_match_that_holds_is_carried_out() {
    let path = stored("s4", "{}");
    for number in 0..6 {
        let etag = host().get(&path).send().etag();
        let condition = &matching(&etag)[number];
        host().put(&path, "{}").header("If-Match", condition).send().expect(200);
        let etag = host().get(&path).send().etag();
        let condition = &matching(&etag)[number];
        host().merge(&path, r#"{"a":1}"#).header("If-Match", condition).send().expect(200);
        let etag = host().get(&path).send().etag();
        let condition = &matching(&etag)[number];
        host().patch(&path, "[]").header("If-Match", condition).send().expect(200);
        let etag = host().get(&path).send().etag();
        let condition = &matching(&etag)[number];
        host().delete(&path).header("If-Match", condition).send().expect(204);
        host().put(&path, "{}").send().expect(201);
    }
}

#[test]
fn a_write_with_an_if_match_that_does_not_hold_is_412_and_changes_nothing() {
    let path = stored("s4", r#"{"a":1}"#);
    let before = host().get(&path).send();
    for condition in others(&before.etag()) {
        for request in [
            host().put(&path, "{}"),
            host().merge(&path, r#"{"a":2}"#),
            host().patch(&path, r#"[{"op":"remove","path":"/a"}]"#),
            host().delete(&path),
        ] {
            let answer = request.header("If-Match", &condition).send();
            assert_problem(&answer, 412, "precondition-failed");
        }
    }
    let after = host().get(&path).send();
    assert_eq!((after.etag(), after.members()), (before.etag(), before.members()));
}

/// Lines of `If-Match` or `If-None-Match` that can't be read.
fn unreadable(etag: &str) -> Vec<Vec<String>> {
    let bare = etag.trim_matches('"');
    let one_line = [
        bare.to_owned(),
        String::new(),
        ",".to_owned(),
        "\"".to_owned(),
        format!("\"{bare}"),
        format!("{bare}\""),
        format!("'{bare}'"),
        format!("w/{etag}"),
        format!("W/ {etag}"),
        format!("{etag} \"x\""),
        format!("{etag}, x"),
        format!("{etag};q=1"),
        format!("\"{bare} \""),
        "*, *".to_owned(),
        "*,*".to_owned(),
        "*,".to_owned(),
        "**".to_owned(),
        "'*'".to_owned(),
        "W/*".to_owned(),
        format!("*, {etag}"),
        format!("{etag}, *"),
    ];
    let two_lines = [["*", "*"], ["*", etag], [etag, "*"], ["*", ""], ["", ""], [etag, "x"]];
    let two_lines = two_lines.map(|lines| lines.map(str::to_owned).to_vec());
    one_line.map(|line| vec![line]).into_iter().chain(two_lines).collect()
}

#[test]
fn a_condition_that_cannot_be_read_lets_no_write_through() {
    let (path, missing) = (stored("s4", r#"{"a":1}"#), path("s4"));
    let collection = format!("{missing}/");
    let etag = host().get(&path).send().etag();
    for header in ["If-Match", "If-None-Match"] {
        for lines in unreadable(&etag) {
            for request in [
                host().put(&path, "{}"),
                host().merge(&path, r#"{"a":2}"#),
                host().patch(&path, r#"[{"op":"remove","path":"/a"}]"#),
                host().delete(&path),
                host().put(&missing, "{}"),
                host().merge(&missing, "{}"),
                host().delete(&missing),
                host().post(&collection, "{}"),
            ] {
                let answer = with_lines(request, header, &lines).send();
                let detail = assert_problem(&answer, 400, "invalid-header");
                assert!(detail.contains(&format!("`{header}`")), "{answer}");
            }
        }
    }
    assert_eq!(host().get(&path).send().etag(), etag);
    host().get(&missing).send().expect(404);
}

#[test]
fn on_get_and_head_such_a_condition_is_as_if_it_were_not_there() {
    let (path, missing) = (stored("s4", "{}"), path("s4"));
    let etag = host().get(&path).send().etag();
    for header in ["If-Match", "If-None-Match"] {
        for lines in unreadable(&etag) {
            for method in ["GET", "HEAD"] {
                let answer = with_lines(host().request(method, &path), header, &lines).send();
                assert_eq!(answer.expect(200).etag(), etag);
                with_lines(host().request(method, &missing), header, &lines).send().expect(404);
            }
        }
    }
    let headers = [("If-Match", "x"), ("If-None-Match", etag.as_str())];
    host().get(&path).headers(&headers).send().expect(304);
    let headers = [("If-Match", "\"x\""), ("If-None-Match", "x")];
    host().get(&path).headers(&headers).send().expect(412);
}

#[test]
fn a_star_in_quotes_is_a_tag_like_any_other() {
    let path = stored("s4", "{}");
    let quoted = "\"*\"";
    let put = host().put(&path, "{}").header("If-Match", quoted).send();
    assert_problem(&put, 412, "precondition-failed");
    host().get(&path).header("If-None-Match", quoted).send().expect(200);
    host().put(&path, "{}").header("If-None-Match", quoted).send().expect(200);
}

#[test]
fn a_list_of_100_kb_is_read() {
    let path = stored("s4", "{}");
    let etag = host().get(&path).send().etag();
    let long: Vec<_> = (0..10_000).map(|number| format!("\"{number:07}\"")).collect();
    let long = long.join(",");
    let put = host().put(&path, "{}").header("If-Match", &long).send();
    assert_problem(&put, 412, "precondition-failed");
    let with_it = format!("{long},{etag}");
    host().get(&path).header("If-None-Match", &with_it).send().expect(304);
    host().put(&path, "{}").header("If-Match", &with_it).send().expect(200);
    let unreadable = format!("{with_it},*");
    let put = host().put(&path, "{}").header("If-None-Match", &unreadable).send();
    assert_problem(&put, 400, "invalid-header");
}

#[test]
fn several_lines_of_if_match_are_one_list() {
    let path = stored("s4", "{}");
    let etag = host().get(&path).send().etag();
    let request = host().put(&path, "{}").header("If-Match", "\"x\"").header("If-Match", &etag);
    request.send().expect(200);
    let etag = host().get(&path).send().etag();
    let request = host().put(&path, "{}").header("If-Match", &etag).header("If-Match", "\"x\"");
    request.send().expect(200);
}

#[test]
fn if_match_where_there_is_no_record() {
    let path = path("s4");
    for condition in ["*", "\"x\""] {
        let put = host().put(&path, "{}").header("If-Match", condition).send();
        assert_problem(&put, 412, "precondition-failed");
        for request in [
            host().merge(&path, "{}"),
            host().patch(&path, "[]"),
            host().delete(&path),
            host().get(&path),
        ] {
            let answer = request.header("If-Match", condition).send();
            assert_problem(&answer, 404, "record-not-found");
        }
    }
    host().get(&path).send().expect(404);
}

#[test]
fn put_with_if_none_match_star_creates_only() {
    let path = path("s4");
    let create = || host().put(&path, r#"{"a":1}"#).header("If-None-Match", "*").send();
    create().expect(201);
    assert_problem(&create(), 412, "precondition-failed");
    host().delete(&path).send().expect(204);
    create().expect(201);
}

#[test]
fn if_none_match_on_a_write_is_412_where_a_tag_matches() {
    let path = stored("s4", r#"{"a":1}"#);
    let etag = host().get(&path).send().etag();
    for condition in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        for request in [host().put(&path, "{}"), host().merge(&path, "{}"), host().delete(&path)] {
            let answer = request.header("If-None-Match", &condition).send();
            assert_problem(&answer, 412, "precondition-failed");
        }
    }
    assert_eq!(host().get(&path).send().etag(), etag);
    host().put(&path, "{}").header("If-None-Match", "\"x\"").send().expect(200);
    host().merge(&path, "{}").header("If-None-Match", "\"x\"").send().expect(200);
    host().delete(&path).header("If-None-Match", "\"x\"").send().expect(204);
    host().put(&path, "{}").header("If-None-Match", "\"x\"").send().expect(201);
}

#[test]
fn get_and_head_with_a_matching_if_none_match_are_304_without_a_body() {
    let path = stored("s4", r#"{"a":1}"#);
    let get = host().get(&path).send();
    let etag = get.etag();
    for condition in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"x\",{etag}"),
        format!("\"a,b\", W/\"x\" , {etag}"),
        "*".to_owned(),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = host().request(method, &path).header("If-None-Match", &condition).send();
            assert_eq!(answer.expect(304).etag(), etag);
            // RFC 9110, 15.4.5: what a 200 would have had of these.
            assert_eq!(answer.required("cache-control"), "no-cache");
            answer.required("expires");
        }
    }
    for condition in ["\"x\"".to_owned(), format!("\"{}0\"", etag.trim_matches('"'))] {
        for method in ["GET", "HEAD"] {
            let answer = host().request(method, &path).header("If-None-Match", &condition).send();
            assert_eq!(answer.expect(200).etag(), etag);
        }
    }
}

#[test]
fn get_of_no_record_is_404_whatever_the_condition() {
    let path = path("s4");
    for header in ["If-None-Match", "If-Match"] {
        for condition in ["*", "\"x\""] {
            host().get(&path).header(header, condition).send().expect(404);
            host().head(&path).header(header, condition).send().expect(404);
        }
    }
}

#[test]
fn if_match_on_get_and_head_is_412_where_it_does_not_hold() {
    let path = stored("s4", "{}");
    let etag = host().get(&path).send().etag();
    for condition in matching(&etag) {
        host().get(&path).header("If-Match", &condition).send().expect(200);
        host().head(&path).header("If-Match", &condition).send().expect(200);
    }
    for condition in others(&etag) {
        let answer = host().get(&path).header("If-Match", &condition).send();
        assert_problem(&answer, 412, "precondition-failed");
        host().head(&path).header("If-Match", &condition).send().expect(412);
    }
}

#[test]
fn if_match_is_looked_at_before_if_none_match() {
    let path = stored("s4", "{}");
    let etag = host().get(&path).send().etag();
    let both = |matches: &str, none: &str| {
        let headers = [("If-Match", matches), ("If-None-Match", none)];
        host().get(&path).headers(&headers).send().status()
    };
    assert_eq!(both(&etag, "\"x\""), 200);
    assert_eq!(both(&etag, &etag), 304);
    assert_eq!(both("\"x\"", &etag), 412);
    assert_eq!(both("\"x\"", "\"x\""), 412);
    let headers = [("If-Match", etag.as_str()), ("If-None-Match", etag.as_str())];
    host().put(&path, "{}").headers(&headers).send().expect(412);
}

#[test]
fn a_request_that_is_wrong_anyway_is_answered_as_that() {
    // RFC 9110, 13.2.1: conditions count only where the answer would be a success without them.
    let path = stored("s4", r#"{"a":1}"#);
    let condition = ("If-Match", "\"x\"");
    let put = host().put(&path, "{").headers(&[condition]).send();
    assert_problem(&put, 400, "invalid-json");
    let put = host().put(&path, "[]").headers(&[condition]).send();
    assert_problem(&put, 422, "not-an-object");
    let put = host().put(&format!("{path}?x=1"), "{}").headers(&[condition]).send();
    assert_problem(&put, 400, "invalid-query");
    let post = host().post(&path, "{}").headers(&[condition]).send();
    assert_problem(&post, 405, "method-not-allowed");
}
