//! A proxy in front of the service that compresses, and does to entity tags what such proxies do.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What becomes of the tag of an answer that is compressed.
#[derive(Debug, Clone, Copy)]
pub enum Tags {
    /// `W/"…"`: nginx, `HAProxy`, Varnish.
    Weak,
    /// `"…-gzip"`: Apache, Caddy.
    Suffixed,
    /// None at all: Envoy.
    Gone,
}

impl Tags {
    pub const ALL: [Self; 3] = [Self::Weak, Self::Suffixed, Self::Gone];

    fn rewrite(self, headers: &mut HeaderMap) {
        let Some(tag) = headers.remove(ETAG) else { return };
        let tag = tag.to_str().expect("tags are ASCII");
        let opaque = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        let opaque = opaque.unwrap_or_else(|| panic!("{tag}: the service's tags are strong"));
        let rewritten = match self {
            Self::Weak => format!("W/\"{opaque}\""),
            Self::Suffixed => format!("\"{opaque}-gzip\""),
            Self::Gone => return,
        };
        headers.insert(ETAG, HeaderValue::try_from(rewritten).expect("a header's value"));
    }
}

/// An answer of the proxy's own: to which method, with which status, as which type, with which body.
pub type Page = (&'static str, u16, &'static str, &'static str);

/// The proxy.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    service: SocketAddr,
    tags: Mutex<Tags>,
    page: Mutex<Option<Page>>,
    /// The request lines that came in.
    seen: Mutex<Vec<String>>,
}

impl Proxy {
    /// One in front of this service, which makes tags weak.
    pub fn start(service: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tags = Mutex::new(Tags::Weak);
        let state = State { service, tags, page: Mutex::default(), seen: Mutex::default() };
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A browser that goes away breaks off what it has asked for.
                std::thread::spawn(move || state.serve(client));
            }
        });
        Self { address, state }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this to tags from here on.
    pub fn changes_tags(&self, tags: Tags) {
        *self.state.tags.lock().expect("no panic") = tags;
    }

    /// Answers requests for records with a page of its own from here on, or leaves that to the service.
    pub fn answers(&self, page: Option<Page>) {
        *self.state.page.lock().expect("no panic") = page;
    }

    /// How many requests began like this.
    pub fn seen(&self, begin: &str) -> usize {
        let seen = self.state.seen.lock().expect("no panic");
        seen.iter().filter(|line| line.starts_with(begin)).count()
    }
}

impl State {
    /// Carries one request and its answer; then the connection ends.
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut received = Vec::new();
        let (line, headers) = loop {
            if let Some((line, headers, length)) = request_head(&received)? {
                received.drain(..length);
                break (line, headers);
            }
            read_more(&mut client, &mut received)?;
        };
        let wanted = length(&headers).unwrap_or_default();
        while received.len() < wanted {
            read_more(&mut client, &mut received)?;
        }
        self.seen.lock().expect("no panic").push(line.clone());
        let page = self.page.lock().expect("no panic").filter(|(method, ..)| {
            line.starts_with(&format!("{method} /"))
                && !line.contains(" /-/")
                && !line.contains(" /?")
        });
        match page {
            Some((_, status, content_type, body)) => {
                let head = format!(
                    "HTTP/1.1 {status} Told\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n",
                    body.len()
                );
                client.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())?;
            }
            None => self.pass_on(&line, headers, &received, &mut client)?,
        }
        client.shutdown(Shutdown::Write)
    }

    fn pass_on(
        &self,
        line: &str,
        mut headers: HeaderMap,
        body: &[u8],
        client: &mut TcpStream,
    ) -> io::Result<()> {
        let takes_gzip = headers
            .get("accept-encoding")
            .is_some_and(|codings| codings.to_str().is_ok_and(|codings| codings.contains("gzip")));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let mut service = TcpStream::connect(self.service)?;
        service.write_all(&message(line, &headers, body))?;
        let mut received = Vec::new();
        service.read_to_end(&mut received)?;
        let (line, mut headers, length) =
            response_head(&received)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut body = received.split_off(length);
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if takes_gzip && !body.is_empty() && headers.contains_key(CONTENT_TYPE) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&body)?;
            body = encoder.finish()?;
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.insert(CONTENT_LENGTH, body.len().into());
            self.tags.lock().expect("no panic").rewrite(&mut headers);
        }
        client.write_all(&message(&line, &headers, &body))
    }
}

fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; 16 * 1024];
    match stream.read(&mut piece)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => {
            received.extend_from_slice(&piece[..count]);
            Ok(())
        }
    }
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A first line, headers, and how long they were.
type Head = (String, HeaderMap, usize);

fn request_head(received: &[u8]) -> io::Result<Option<Head>> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut slots);
    let httparse::Status::Complete(length) = head.parse(received).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let (method, target) = (head.method.unwrap_or_default(), head.path.unwrap_or_default());
    Ok(Some((format!("{method} {target} HTTP/1.1"), map(head.headers)?, length)))
}

fn response_head(received: &[u8]) -> io::Result<Option<Head>> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut slots);
    let httparse::Status::Complete(length) = head.parse(received).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let (status, reason) = (head.code.unwrap_or_default(), head.reason.unwrap_or_default());
    Ok(Some((format!("HTTP/1.1 {status} {reason}"), map(head.headers)?, length)))
}

fn map(headers: &[httparse::Header]) -> io::Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(
            HeaderName::from_bytes(header.name.as_bytes()).map_err(io::Error::other)?,
            HeaderValue::from_bytes(header.value).map_err(io::Error::other)?,
        );
    }
    Ok(map)
}

fn message(line: &str, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{line}\r\n").into_bytes();
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            message.extend_from_slice(part);
        }
    }
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(body);
    message
}
