//! A running application, which offers its status at a path.

use super::{UPDATE_INTERVAL, Update, Updates};
use crate::top::document::StatusDocument;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The time in which an application must have sent its status.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// The size of a document that is read: that of 20,000 nodes.
const MAX_BYTES: u64 = 16 << 20;

/// Reads the status of an application again and again, also after the application was restarted.
pub(in crate::top) struct Application {
    path: PathBuf,
}

impl Application {
    pub(in crate::top) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Hands over the status once a second, until nothing takes it any more.
    pub(in crate::top) async fn run(self, updates: Updates) {
        let mut ticks = interval(UPDATE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if updates.send(self.status().await).await.is_err() {
                return;
            }
        }
    }

    async fn status(&self) -> Update {
        let path = self.path.display();
        let json = match timeout(READ_TIMEOUT, read(&self.path)).await {
            Ok(Ok(json)) => json,
            Ok(Err(error)) => return Err(format!("{path}: {error}")),
            Err(_) => {
                let seconds = READ_TIMEOUT.as_secs();
                return Err(format!(
                    "{path}: the application has not responded for {seconds} s"
                ));
            }
        };
        let document = StatusDocument::parse(&json);
        document
            .map(Box::new)
            .map_err(|error| format!("{path}: {error}"))
    }
}

/// Reads a file, or what a socket sends.
async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path).await?.file_type();
    if kind.is_file() {
        return read_all(fs::File::open(path).await?).await;
    }
    match is_socket(kind) {
        true => read_socket(path).await,
        // Opening a pipe would wait for its other end.
        false => Err(io::Error::other("it is neither a file nor a socket")),
    }
}

async fn read_all(reader: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader.take(MAX_BYTES).read_to_end(&mut bytes).await?;
    match u64::try_from(read).is_ok_and(|read| read < MAX_BYTES) {
        true => Ok(bytes),
        false => Err(io::Error::other("it is larger than 16 MiB, and no status")),
    }
}

#[cfg(unix)]
fn is_socket(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_socket()
}

#[cfg(unix)]
async fn read_socket(path: &Path) -> io::Result<Vec<u8>> {
    let stream = tokio::net::UnixStream::connect(path).await;
    let stream = stream.map_err(|error| match error.kind() {
        // The socket of a process that has not ended by itself.
        io::ErrorKind::ConnectionRefused => io::Error::other(format!(
            "no application serves this socket any more: {error}"
        )),
        _ => error,
    });
    read_all(stream?).await
}

#[cfg(not(unix))]
fn is_socket(_: FileType) -> bool {
    false
}

#[cfg(not(unix))]
async fn read_socket(_: &Path) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn error(path: &Path) -> String {
        Application::new(path).status().await.unwrap_err()
    }

    #[tokio::test]
    async fn what_is_no_status_is_named_with_its_path() {
        let missing = Path::new("/no/such/status.json");
        let error_text = error(missing).await;
        assert!(
            error_text.starts_with("/no/such/status.json: "),
            "{error_text}"
        );
        assert!(error(Path::new("/")).await.contains("neither"), "a folder");
        let other = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        assert!(error(other).await.contains("status_json"), "another file");
    }

    #[tokio::test]
    async fn endless_document_is_not_read_to_its_end() {
        let error = read_all(tokio::io::repeat(b' ')).await.unwrap_err();
        assert!(error.to_string().contains("16 MiB"), "{error}");
    }
}
