//! Requests, and the answer to each as it follows from the request and from its record alone.

use std::collections::HashSet;

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN};
use harness::{Host, Request, Response, assert_problem};

/// The origins that may read answers; others may not.
pub const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example:8443"];

const STRANGE: &str = "https://c.example";

/// A record that one client reads and writes, one request at a time.
#[derive(Debug)]
pub struct Record {
    pub path: String,
    stored: Option<Stored>,
    /// All tags that it has had.
    tags: HashSet<String>,
}

#[derive(Debug, Clone)]
struct Stored {
    /// The value of its only member, as JSON text.
    text: String,
    tag: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Get,
    GetChanged,
    Head,
    Put,
    PutMatching,
    PutMismatching,
    PutNew,
    Merge,
    Delete,
    PutBroken,
    PutList,
    Options,
}

const KINDS: [Kind; 16] = [
    Kind::Get,
    Kind::Get,
    Kind::GetChanged,
    Kind::Head,
    Kind::Put,
    Kind::Put,
    Kind::PutMatching,
    Kind::PutMatching,
    Kind::PutMismatching,
    Kind::PutNew,
    Kind::Merge,
    Kind::Merge,
    Kind::Delete,
    Kind::PutBroken,
    Kind::PutList,
    Kind::Options,
];

/// A token, and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    None,
    Unknown,
    Read,
    Write,
}

/// A request to a record.
#[derive(Debug)]
pub struct Case {
    path: String,
    kind: Kind,
    token: Token,
    origin: Option<&'static str>,
    /// The value that it would store, as JSON text.
    text: String,
    /// What the record holds before.
    before: Option<Stored>,
}

impl Record {
    pub fn new(path: String) -> Self {
        Self { path, stored: None, tags: HashSet::new() }
    }

    /// The next request; `name` is what only this one says.
    pub fn request(&self, name: &str, rng: &mut Rng) -> Case {
        let token = match rng.u8(..10) {
            0 => Token::None,
            1 => Token::Unknown,
            2..4 => Token::Read,
            _ => Token::Write,
        };
        let origins = [None, Some(ORIGINS[0]), Some(ORIGINS[1]), Some(STRANGE)];
        Case {
            path: self.path.clone(),
            kind: rng.choice(KINDS).expect("there are some"),
            token,
            origin: rng.choice(origins).expect("there are some"),
            text: format!("\"{}\"", name.repeat(rng.usize(1..60))),
            before: self.stored.clone(),
        }
    }

    /// Fails unless this is the answer to that request; notes what the record holds from now on.
    pub fn check(&mut self, case: &Case, answer: &Response) {
        case.check_origin(answer);
        let (status, code) = case.expected();
        if let Some(code) = code.filter(|_| !answer.is_head()) {
            assert_problem(answer, status, code);
        }
        answer.expect(status);
        match status {
            401 => {
                let unknown = answer.required("www-authenticate").contains("invalid_token");
                assert_eq!(unknown, case.token == Token::Unknown, "{case:?} {answer}");
            }
            200 | 201 if case.writes() => {
                assert_eq!(answer.members(), [("text".to_owned(), case.text.clone())], "{answer}");
                let tag = answer.etag();
                assert!(self.tags.insert(tag.clone()), "{tag} comes back: {answer}");
                self.stored = Some(Stored { text: case.text.clone(), tag });
            }
            200 | 304 => {
                let stored = self.stored.as_ref().expect("it is there");
                assert_eq!(answer.etag(), stored.tag, "{answer}");
                if status == 200 && !answer.is_head() {
                    let members = [("text".to_owned(), stored.text.clone())];
                    assert_eq!(answer.members(), members, "{answer}");
                }
            }
            204 if case.kind == Kind::Delete => self.stored = None,
            _ => {}
        }
    }
}

impl Case {
    /// Whether its answer needs the store.
    pub fn reaches_the_store(&self) -> bool {
        let refused = matches!(self.expected().0, 400 | 401 | 403 | 422);
        !refused && self.kind != Kind::Options
    }

    /// The request itself.
    pub fn request<'a>(&'a self, host: &'a Host) -> Request<'a> {
        let tag = self.before.as_ref().map_or("\"none\"", |stored| &stored.tag);
        let (path, value) = (&self.path, format!(r#"{{"text":{}}}"#, self.text));
        let request = match self.kind {
            Kind::Get => host.get(path),
            Kind::GetChanged => host.get(path).header("If-None-Match", tag),
            Kind::Head => host.head(path),
            Kind::Put => host.put(path, &value),
            Kind::PutMatching => host.put(path, &value).header("If-Match", tag),
            Kind::PutMismatching => host.put(path, &value).header("If-Match", "\"another\""),
            Kind::PutNew => host.put(path, &value).header("If-None-Match", "*"),
            Kind::Merge => host.merge(path, &value),
            Kind::Delete => host.delete(path),
            Kind::PutBroken => host.put(path, &value[..value.len() - 1]),
            Kind::PutList => host.put(path, &format!("[{}]", self.text)),
            Kind::Options => host.options_of(path),
        };
        let request = match self.token {
            Token::None => request,
            Token::Unknown => request.token("unknown"),
            Token::Read => request.token(READ_TOKEN),
            Token::Write => request.token(WRITE_TOKEN),
        };
        match self.origin {
            Some(origin) => request.header("Origin", origin),
            None => request,
        }
    }

    fn writes(&self) -> bool {
        !matches!(self.kind, Kind::Get | Kind::GetChanged | Kind::Head | Kind::Options)
    }

    /// The status, and the code of an error.
    fn expected(&self) -> (u16, Option<&'static str>) {
        match (self.kind, self.token, &self.before) {
            (Kind::Options, ..) => (204, None),
            (_, Token::None | Token::Unknown, _) => (401, Some("unauthorized")),
            (_, Token::Read, _) if self.writes() => (403, Some("forbidden")),
            (Kind::PutBroken, ..) => (400, Some("invalid-json")),
            (Kind::PutList, ..) => (422, Some("not-an-object")),
            (Kind::PutMismatching, ..)
            | (Kind::PutMatching, _, None)
            | (Kind::PutNew, _, Some(_)) => (412, Some("precondition-failed")),
            (Kind::Put | Kind::PutNew, _, None) => (201, None),
            (_, _, None) => (404, Some("record-not-found")),
            (Kind::GetChanged, _, Some(_)) => (304, None),
            (Kind::Delete, _, Some(_)) => (204, None),
            (_, _, Some(_)) => (200, None),
        }
    }

    fn check_origin(&self, answer: &Response) {
        let allowed = self.origin.filter(|origin| ORIGINS.contains(origin));
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{self:?} {answer}");
    }
}
