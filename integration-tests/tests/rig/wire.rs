//! A node that keeps every byte of the requests that it gets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A node of a cluster of its own, with a thread for each connection. It ends with the process, as its clients do.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    operations: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    /// Answers each operation with the next of `answers`, and the last of them for ever.
    pub(crate) fn answering(answers: &'static [&'static str]) -> Self {
        let operations = Arc::default();
        Self {
            operations: Arc::clone(&operations),
            address: listening(move |connection| serve(connection, &operations, answers)),
        }
    }

    /// Answers each operation with an empty object.
    pub(crate) fn new() -> Self {
        Self::answering(&[OK])
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The operations since the last time, each from its first byte to its last.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.operations.lock().unwrap())
    }

    /// The only operation since the last time.
    pub(crate) fn take_one(&self) -> String {
        let operations = self.take();
        let [operation] = operations.try_into().unwrap();
        operation
    }
}

/// An empty object.
pub(crate) const OK: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";

/// An error for which the SDK makes another attempt.
pub(crate) const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}";

fn serve(mut connection: TcpStream, operations: &Mutex<Vec<String>>, answers: &[&str]) {
    while let Some(request) = request(&mut connection) {
        let request = String::from_utf8(request).unwrap();
        let answer = if request.starts_with("GET ") {
            ALONE
        } else {
            let mut operations = operations.lock().unwrap();
            let answer = answers.get(operations.len()).or_else(|| answers.last());
            operations.push(request);
            answer.unwrap()
        };
        if connection.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The list of nodes that a node on its own gives out.
pub(super) const ALONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n[\"127.0.0.1\"]";

/// Serves connections to a new address, each in a thread of its own, until the process ends.
pub(super) fn listening(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(connection.unwrap()));
        }
    });
    address
}

/// The next request of a connection, head and body.
pub(super) fn request(connection: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).ok()?;
        request.extend(byte);
    }
    let head = str::from_utf8(&request).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    connection.read_exact(&mut body).ok()?;
    request.extend(body);
    Some(request)
}
