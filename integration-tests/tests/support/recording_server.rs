//! A node that records every byte of the requests that it receives.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A cluster of one node, with one thread per connection. It ends with the process.
#[derive(Debug)]
pub(crate) struct RecordingServer {
    address: SocketAddr,
    operations: Arc<Mutex<Vec<String>>>,
}

impl RecordingServer {
    /// Responds to each operation with the next of `responses`, and repeats the last.
    pub(crate) fn responding_with(responses: &'static [&'static str]) -> Self {
        let operations = Arc::default();
        Self {
            operations: Arc::clone(&operations),
            address: listen(move |connection| serve(connection, &operations, responses)),
        }
    }

    /// Responds to each operation with an empty object.
    pub(crate) fn new() -> Self {
        Self::responding_with(&[OK])
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns and clears the recorded operations, each with head and body.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.operations.lock().unwrap())
    }

    /// Returns and clears the only recorded operation.
    pub(crate) fn take_one(&self) -> String {
        let operations = self.take();
        let [operation] = operations.try_into().unwrap();
        operation
    }
}

/// An empty object.
pub(crate) const OK: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";

/// An error that the SDK retries.
pub(crate) const SERVER_ERROR: &str =
    "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}";

fn serve(mut connection: TcpStream, operations: &Mutex<Vec<String>>, responses: &[&str]) {
    while let Some(request) = read_request(&mut connection) {
        let request = String::from_utf8(request).unwrap();
        let response = if request.starts_with("GET ") {
            SINGLE_NODE_LIST
        } else {
            let mut operations = operations.lock().unwrap();
            let response = responses.get(operations.len()).or_else(|| responses.last());
            operations.push(request);
            response.unwrap()
        };
        if connection.write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}

/// The node list of a cluster of one node.
pub(super) const SINGLE_NODE_LIST: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n[\"127.0.0.1\"]";

/// Serves connections to a new address, one thread each, until the process ends.
pub(super) fn listen(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
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

/// Reads the next request of a connection, head and body.
pub(super) fn read_request(connection: &mut TcpStream) -> Option<Vec<u8>> {
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
