//! A kept-alive connection to a host, on which anything can be sent.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::head::Head;
use crate::wait::PATIENCE;

/// An answer on a [`Connection`].
#[derive(Debug)]
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// All of it, as it came.
    pub bytes: Vec<u8>,
    /// How much of it one read of the socket gave, if it began with it.
    pub first_read: usize,
}

impl Answer {
    /// The status, as a number.
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// The content.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head.length..]
    }
}

/// A connection, and what has come in on it and was not asked for yet.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let stream = connect(address).expect("the host takes connections");
        Self { stream, received: Vec::new(), buffer: vec![0; 64 * 1024] }
    }

    /// Sends all of it, or as much as the other side takes: it may answer and close before it has read
    /// everything. Many bytes are sent while the answer is read.
    pub fn send(&mut self, bytes: &[u8]) {
        if bytes.len() < 16 * 1024 {
            let _ = self.stream.write_all(bytes);
        } else {
            let (bytes, mut writer) = (bytes.to_vec(), self.writer());
            std::thread::spawn(move || writer.write_all(&bytes));
        }
    }

    /// Sends it piece by piece.
    pub fn send_slowly(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(bytes.len().div_ceil(12).max(1)) {
            if self.stream.write_all(piece).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Says that nothing more will be sent.
    pub fn finish(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads the next answer; `None` if the connection ends before it begins.
    pub fn receive(&mut self, is_head: bool) -> io::Result<Option<Answer>> {
        let first_read = if self.received.is_empty() { self.read()? } else { 0 };
        loop {
            let Some(head) = Head::parse(&self.received)? else {
                if self.read()? > 0 {
                    continue;
                }
                let nothing = self.received.is_empty();
                return if nothing { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
            };
            if head.status.is_informational() {
                self.received.drain(..head.length);
                continue;
            }
            let content = if head.has_content(is_head) { head.content_length() } else { None };
            let whole = head.length + content.unwrap_or(0);
            while self.received.len() < whole {
                if self.read()? == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
            let rest = self.received.split_off(whole);
            let bytes = std::mem::replace(&mut self.received, rest);
            return Ok(Some(Answer { head, bytes, first_read }));
        }
    }

    /// How much has come in that belongs to no answer yet.
    pub fn unasked(&self) -> usize {
        self.received.len()
    }

    fn writer(&self) -> TcpStream {
        self.stream.try_clone().expect("a socket can be shared")
    }

    /// Reads once; how many bytes came, 0 at the end.
    fn read(&mut self) -> io::Result<usize> {
        let count = self.stream.read(&mut self.buffer)?;
        self.received.extend_from_slice(&self.buffer[..count]);
        Ok(count)
    }
}

/// A socket to a host that sends at once, and gives up on the other side after [`PATIENCE`].
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
