//! A connection on which anything can be sent.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// An answer, as far as a stranger looks at it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// All of it.
    pub bytes: Vec<u8>,
    /// The names of its headers, in lower case, and their values.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &value[..])
    }
}

/// A connection, and what has come in on it and was not looked at yet.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Wire {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the host takes connections");
        // Far more than an answer needs on a busy machine.
        let patience = Some(Duration::from_mins(1));
        stream.set_read_timeout(patience).expect("a socket can be set");
        stream.set_write_timeout(patience).expect("a socket can be set");
        stream.set_nodelay(true).expect("a socket can be set");
        Self { stream, received: Vec::new() }
    }

    /// Sends all of it, or as much as the other side takes; reads meanwhile.
    pub fn send(&mut self, bytes: &[u8], slowly: bool) {
        let mut writer = self.stream.try_clone().expect("a socket can be shared");
        if slowly {
            for piece in bytes.chunks(bytes.len().div_ceil(12).max(1)) {
                if writer.write_all(piece).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(3));
            }
        } else if bytes.len() < 16 * 1024 {
            // The service may answer and close before it has read everything.
            let _ = writer.write_all(bytes);
        } else {
            let bytes = bytes.to_vec();
            std::thread::spawn(move || writer.write_all(&bytes));
        }
    }

    /// Says that nothing more will come.
    pub fn finish(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads the next answer; `None` if the connection ends before it begins.
    pub fn receive(&mut self, is_head: bool) -> io::Result<Option<Answer>> {
        loop {
            let mut slots = [httparse::EMPTY_HEADER; 64];
            let mut head = httparse::Response::new(&mut slots);
            let parsed = head.parse(&self.received).map_err(io::Error::other)?;
            let httparse::Status::Complete(length) = parsed else {
                if !self.more()? {
                    let nothing = self.received.is_empty();
                    return if nothing { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
                }
                continue;
            };
            let status = head.code.unwrap_or_default();
            let headers: Vec<_> = head
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
                .collect();
            if (100..200).contains(&status) {
                self.received.drain(..length);
                continue;
            }
            let mut answer = Answer { status, bytes: Vec::new(), headers, body: Vec::new() };
            let announced = answer.header("content-length");
            let announced = announced.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            let has_body = !is_head && status != 204 && status != 304;
            let whole = length + if has_body { announced.unwrap_or(0) } else { 0 };
            while self.received.len() < whole {
                if !self.more()? {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
            answer.bytes = self.received.drain(..whole).collect();
            answer.body = answer.bytes.split_off(length);
            answer.bytes.extend(&answer.body);
            return Ok(Some(answer));
        }
    }

    fn more(&mut self) -> io::Result<bool> {
        let mut piece = [0; 16 * 1024];
        let count = self.stream.read(&mut piece)?;
        self.received.extend(&piece[..count]);
        Ok(count > 0)
    }
}
