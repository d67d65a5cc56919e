//! A client that keeps its connection and looks at every answer.

use harness::{Connection, Host};

/// One client, which alone writes its record.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
    number: usize,
    turns: usize,
}

impl Client {
    /// Connects.
    pub fn connect(host: &Host, number: usize) -> Self {
        Self { connection: Connection::open(host.address()), number, turns: 0 }
    }

    /// Writes its record, reads it several times, and looks for another; fails unless every answer is
    /// right. Gives the number of answers.
    pub fn turn(&mut self) -> usize {
        const READS: usize = 8;
        self.turns += 1;
        let (path, turn) = (format!("/clients/{}", self.number), self.turns);
        let stored = if turn == 1 { 201 } else { 200 };
        self.exchange("PUT", &path, &format!(r#"{{"turn":{turn}}}"#), stored);
        for _ in 0..READS {
            let record = self.exchange("GET", &path, "", 200);
            assert!(record.contains(&format!(r#""turn":{turn},"#)), "{turn}: {record}");
        }
        self.exchange("GET", "/none", "", 404);
        READS + 2
    }

    /// Sends a request; the content of the answer, which must have this status.
    pub fn exchange(&mut self, method: &str, path: &str, body: &str, status: u16) -> String {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.connection.send(request.as_bytes());
        let answer = self.connection.receive(false).expect("the answer is whole");
        let answer = answer.expect("the host keeps the connection");
        let content = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status(), status, "{method} {path}: {content}");
        content
    }
}
