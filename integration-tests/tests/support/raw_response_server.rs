//! A node that responds to operations with prescribed bytes.

use super::recording_server::{SINGLE_NODE_LIST, listen, read_request};
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A cluster of one node, with one thread per connection. It ends with the process.
#[derive(Debug)]
pub(crate) struct RawResponseServer {
    address: SocketAddr,
    operations: Arc<AtomicUsize>,
}

impl RawResponseServer {
    /// Responds to each operation with the next of these (status, headers, body), and repeats the last. Each response
    /// closes the connection.
    pub(crate) fn responding_with<'a>(
        responses: impl IntoIterator<Item = (u16, &'a str, impl Into<Vec<u8>>)>,
    ) -> Self {
        let responses: Arc<[Vec<u8>]> = responses
            .into_iter()
            .map(|(status, headers, body)| {
                let head =
                    format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n{headers}\r\n\r\n");
                [head.into_bytes(), body.into()].concat()
            })
            .collect();
        let operations = Arc::default();
        Self {
            operations: Arc::clone(&operations),
            address: listen(move |connection| serve(connection, &responses, &operations)),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of operations received.
    pub(crate) fn operations(&self) -> usize {
        self.operations.load(Ordering::Relaxed)
    }
}

fn serve(mut connection: TcpStream, responses: &[Vec<u8>], operations: &AtomicUsize) {
    while let Some(request) = read_request(&mut connection) {
        if request.starts_with(b"GET ") {
            // A failure means that the client is gone, and no further request follows.
            let _ = connection.write_all(SINGLE_NODE_LIST.as_bytes());
            continue;
        }
        let number = operations.fetch_add(1, Ordering::Relaxed);
        let response = responses.get(number).or_else(|| responses.last()).unwrap();
        // The client may close the connection before it has read all.
        let _ = connection.write_all(response);
        return;
    }
}
