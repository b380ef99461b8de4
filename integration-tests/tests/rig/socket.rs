//! A node that answers operations with whatever bytes a test likes.

use super::wire::{ALONE, listening, request};
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A cluster of one node, with a thread for each connection. It ends with the process, as its clients do.
#[derive(Debug)]
pub(crate) struct Socket {
    address: SocketAddr,
    operations: Arc<AtomicUsize>,
}

impl Socket {
    /// Answers each operation with the next of these, and with the last for ever: status, headers and body. Each closes the
    /// connection.
    pub(crate) fn answering<'a>(
        answers: impl IntoIterator<Item = (u16, &'a str, impl Into<Vec<u8>>)>,
    ) -> Self {
        let answers: Arc<[Vec<u8>]> = answers
            .into_iter()
            .map(|(status, headers, body)| {
                let head =
                    format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n{headers}\r\n\r\n");
                [head.into_bytes(), body.into()].concat()
            })
            .collect();
        let operations = Arc::default();
        Self {
            operations: Arc::clone(&operations),
            address: listening(move |connection| serve(connection, &answers, &operations)),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often an operation arrived.
    pub(crate) fn operations(&self) -> usize {
        self.operations.load(Ordering::Relaxed)
    }
}

fn serve(mut connection: TcpStream, answers: &[Vec<u8>], operations: &AtomicUsize) {
    while let Some(request) = request(&mut connection) {
        if request.starts_with(b"GET ") {
            // If nobody reads it any more, there is no next request either.
            let _ = connection.write_all(ALONE.as_bytes());
            continue;
        }
        let number = operations.fetch_add(1, Ordering::Relaxed);
        let answer = answers.get(number).or_else(|| answers.last()).unwrap();
        // Whoever has read enough of it closes the connection.
        let _ = connection.write_all(answer);
        return;
    }
}
