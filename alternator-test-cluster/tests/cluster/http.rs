//! A minimal HTTP/1.1 client that exposes the exact bytes of requests and responses.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use alternator_test_cluster::Node;
use serde_json::Value;

/// The timeout of connects and reads, so that a test fails instead of hanging. No test waits for it to elapse.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A client with one connection to a node.
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

    /// Sends a request without reading its response.
    pub(crate) fn send(&mut self, request: &Request) -> io::Result<()> {
        let bytes = request.to_bytes(&self.host);
        self.write(&bytes)
    }

    /// Reads one response.
    pub(crate) fn receive(&mut self) -> io::Result<Response> {
        Response::read(&mut self.stream)
    }

    /// Sends a request and reads its response.
    pub(crate) fn exchange(&mut self, request: &Request) -> io::Result<Response> {
        self.send(request)?;
        self.receive()
    }

    /// Reads until the connection ends. Returns the bytes received and the result of the last read.
    pub(crate) fn drain(&mut self) -> (Vec<u8>, io::Result<usize>) {
        let mut bytes = Vec::new();
        let end = self.stream.read_to_end(&mut bytes);
        (bytes, end)
    }

    /// Reads the head of a response and leaves its body unread.
    pub(crate) fn read_head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\n\n") {
            head.push_str(&read_line(&mut self.stream).expect("a line"));
            head.push('\n');
        }
        head
    }

    pub(crate) fn read_exact(&mut self, body: &mut [u8]) {
        self.stream.read_exact(body).expect("enough bytes");
    }

    /// Returns true if no bytes have been received since the last read.
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

    /// Returns a request for a DynamoDB operation.
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
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Self> {
        let line = read_line(stream)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut response = Self {
            status: status.ok_or_else(|| io::Error::other(format!("no status: {line:?}")))?,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = read_line(stream)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            response
                .headers
                .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if response.header("transfer-encoding") == Some("chunked") {
            loop {
                let length =
                    usize::from_str_radix(&read_line(stream)?, 16).expect("a chunk length");
                let mut chunk = vec![0; length];
                stream.read_exact(&mut chunk)?;
                response.body.extend(chunk);
                read_line(stream)?;
                if length == 0 {
                    break;
                }
            }
        } else {
            let length = response
                .header("content-length")
                .expect("a length")
                .parse()
                .unwrap();
            response.body.resize(length, 0);
            stream.read_exact(&mut response.body)?;
        }
        Ok(response)
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

    /// Returns the name of the error, without the prefix up to the `#`.
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

/// Sends a request on a new connection and returns the response.
pub(crate) fn send(node: &Node, request: &Request) -> Response {
    Client::connect(node).exchange(request).expect("a response")
}

/// Executes an operation that must succeed, and returns the body of the response.
pub(crate) fn run(node: &Node, operation: &str, body: &Value) -> Value {
    let response = send(node, &Request::operation(operation, body.to_string()));
    assert_eq!(response.status, 200, "{operation}: {}", response.text());
    response.json()
}

/// Executes an operation that must fail, and returns the error response.
pub(crate) fn expect_error(node: &Node, operation: &str, body: &Value) -> Response {
    let response = send(node, &Request::operation(operation, body.to_string()));
    assert_ne!(response.status, 200, "{operation}: {}", response.text());
    response
}

/// Requests `/localnodes` with a query string and returns the sorted addresses.
pub(crate) fn localnodes(node: &Node, query: &str) -> Vec<String> {
    let response = send(node, &Request::get(&format!("/localnodes{query}")));
    assert_eq!(response.status, 200);
    let mut nodes: Vec<String> = serde_json::from_slice(&response.body).expect("a list");
    nodes.sort();
    nodes
}
