//! A client that shows exactly what is on the wire.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use alternator_test_cluster::Node;
use serde_json::Value;

/// Fails tests that would hang. No test waits for it to pass.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    pub(crate) fn connect(node: &Node) -> Self {
        Self::try_connect(node).expect("the node listens")
    }

    pub(crate) fn try_connect(node: &Node) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&node.address(), DEADLINE)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_nodelay(true)?;
        let host = node.address().to_string();
        let stream = BufReader::new(stream);
        Ok(Self { stream, host })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a request without waiting for its answer.
    pub(crate) fn send(&mut self, request: &Request) -> io::Result<()> {
        let bytes = request.to_bytes(&self.host);
        self.write(&bytes)
    }

    pub(crate) fn receive(&mut self) -> io::Result<Answer> {
        Answer::read(&mut self.stream)
    }

    pub(crate) fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        self.send(request)?;
        self.receive()
    }

    /// Reads until the connection ends. Returns what came, and how it ended.
    pub(crate) fn drain(&mut self) -> (Vec<u8>, io::Result<usize>) {
        let mut bytes = Vec::new();
        let end = self.stream.read_to_end(&mut bytes);
        (bytes, end)
    }

    /// Reads the head of an answer, and leaves its body.
    pub(crate) fn read_head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\n\n") {
            head.push_str(&read_line(&mut self.stream).expect("a line"));
            head.push('\n');
        }
        head
    }

    pub(crate) fn read_exact(&mut self, body: &mut [u8]) {
        self.stream.read_exact(body).expect("so many bytes");
    }

    /// Returns whether nothing has come so far.
    pub(crate) fn is_silent(&mut self) -> bool {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).unwrap();
        let silent = matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        stream.set_nonblocking(false).unwrap();
        silent && self.stream.buffer().is_empty()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) chunked: bool,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self::of("GET", path)
    }

    pub(crate) fn of(method: &str, path: &str) -> Self {
        Self {
            line: format!("{method} {path} HTTP/1.1"),
            headers: Vec::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    /// A DynamoDB operation.
    pub(crate) fn operation(name: &str, body: impl Into<Vec<u8>>) -> Self {
        let request =
            Self::of("POST", "/").header("X-Amz-Target", &format!("DynamoDB_20120810.{name}"));
        let mut request = request.header("Content-Type", "application/x-amz-json-1.0");
        request.body = body.into();
        request
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    fn to_bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.line);
        if !self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            write!(head, "Host: {host}\r\n").unwrap();
        }
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let mut body = self.body.clone();
        if self.chunked {
            head.push_str("Transfer-Encoding: chunked\r\n");
            body = Vec::new();
            for chunk in self.body.chunks(1 << 20) {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\n\r\n");
        } else if self.line.starts_with("POST") {
            write!(head, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        [head.as_bytes(), b"\r\n", &body].concat()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Self> {
        let line = read_line(stream)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut answer = Self {
            status: status.ok_or_else(|| io::Error::other(format!("no status: {line:?}")))?,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = read_line(stream)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            answer
                .headers
                .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let length =
                    usize::from_str_radix(&read_line(stream)?, 16).expect("a chunk length");
                let mut chunk = vec![0; length];
                stream.read_exact(&mut chunk)?;
                answer.body.extend(chunk);
                read_line(stream)?;
                if length == 0 {
                    break;
                }
            }
        } else {
            let length = answer
                .header("content-length")
                .expect("a length")
                .parse()
                .unwrap();
            answer.body.resize(length, 0);
            stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other == name);
        header.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The name of the error, without what is before the `#`.
    pub(crate) fn error(&self) -> String {
        let json = self.json();
        let kind = json["__type"].as_str().expect("an error");
        kind.strip_prefix("com.amazonaws.dynamodb.v20120810#")
            .expect("the form of the type")
            .to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .expect("a message")
            .to_owned()
    }
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

/// Asks on a new connection.
pub(crate) fn ask(node: &Node, request: &Request) -> Answer {
    Client::connect(node).ask(request).expect("an answer")
}

/// Executes an operation, which must succeed.
pub(crate) fn run(node: &Node, operation: &str, body: &Value) -> Value {
    let answer = ask(node, &Request::operation(operation, body.to_string()));
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

/// Executes an operation, which must fail.
pub(crate) fn fail(node: &Node, operation: &str, body: &Value) -> Answer {
    let answer = ask(node, &Request::operation(operation, body.to_string()));
    assert_ne!(answer.status, 200, "{operation}: {}", answer.text());
    answer
}

/// Asks `/localnodes` with this query, and sorts the answer.
pub(crate) fn localnodes(node: &Node, query: &str) -> Vec<String> {
    let answer = ask(node, &Request::get(&format!("/localnodes{query}")));
    assert_eq!(answer.status, 200);
    let mut nodes: Vec<String> = serde_json::from_slice(&answer.body).expect("a list");
    nodes.sort();
    nodes
}
