//! One request, to see that a server answers as it should before its answers are measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use harness::Head;

/// Sends a request on a connection of its own; gives the status of the answer.
pub fn ask(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &str,
) -> Result<u16> {
    Ok(head(address, method, target, headers, body)?.status.as_u16())
}

/// The tag of a record.
pub fn etag(address: SocketAddr, path: &str) -> Result<String> {
    let head = head(address, "HEAD", path, &[], "")?;
    let etag = head.header("etag").context("it has no ETag")?;
    Ok(std::str::from_utf8(etag)?.to_owned())
}

fn head(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &str,
) -> Result<Head> {
    const PATIENCE: Duration = Duration::from_secs(30);
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    write!(request, "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n")?;
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n")?;
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Head::parse(&answer)?.context("it is no HTTP answer")
}
