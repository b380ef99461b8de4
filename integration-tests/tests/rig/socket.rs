//! A node that answers operations with whatever bytes a test likes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

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
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = Self {
            address: listener.local_addr().unwrap(),
            operations: Arc::default(),
        };
        let operations = Arc::clone(&socket.operations);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (answers, operations) = (Arc::clone(&answers), Arc::clone(&operations));
                thread::spawn(move || serve(connection.unwrap(), &answers, &operations));
            }
        });
        socket
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often an operation arrived.
    pub(crate) fn operations(&self) -> usize {
        self.operations.load(Ordering::Relaxed)
    }
}

fn serve(mut connection: TcpStream, answers: &[Vec<u8>], operations: &AtomicUsize) -> Option<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).ok()?;
        request.extend(byte);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    connection.read_exact(&mut body).ok()?;
    if head.starts_with("GET ") {
        let list =
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 13\r\n\r\n[\"127.0.0.1\"]";
        return connection.write_all(list).ok();
    }
    let number = operations.fetch_add(1, Ordering::Relaxed);
    let answer = answers.get(number).or_else(|| answers.last())?;
    connection.write_all(answer).ok()
}
