//! A Unix socket that serves the status of a cluster.

use crate::alternator::Alternator;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};

/// How long a reader may take: the document is a few kilobytes, which a socket buffers.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the future looks whether the cluster is still there, and the pause after a failed `accept`.
const POLL: Duration = Duration::from_secs(1);

/// Removes the socket when the future ends or is dropped.
struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // Another process may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

impl Alternator {
    /// Serves [`status_json`](Self::status_json) on a Unix socket: whoever connects reads one line.
    ///
    /// Nothing is served unless the application asks for it. Only its own user can connect. A socket that a former
    /// process has left is replaced; another kind of file at that path is an error. The future ends when the last
    /// handle and client of the cluster is dropped: it does not hold the cluster itself.
    ///
    /// ```no_run
    /// # fn example(alternator: &alternator_lb_sdk::Alternator) {
    /// tokio::spawn(alternator.serve_status("/run/shop/alternator.sock".as_ref()));
    /// # }
    /// ```
    ///
    /// Then: `alternator-doctor top --attach /run/shop/alternator.sock`.
    ///
    /// # Errors
    ///
    /// If the socket cannot be bound.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes the socket.
    pub fn serve_status(&self, path: &Path) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let cluster = Arc::downgrade(self.cluster());
        let path = path.to_owned();
        async move {
            let listener = bind(&path)?;
            let _socket = Socket(path);
            while cluster.strong_count() > 0 {
                let Ok(accepted) = timeout(POLL, listener.accept()).await else {
                    continue;
                };
                match (accepted, cluster.upgrade()) {
                    (Ok((stream, _)), Some(cluster)) => {
                        let status = Self::of_cluster(cluster).status_json();
                        // A reader that goes away misses it.
                        let _ = timeout(WRITE_TIMEOUT, write(stream, status)).await;
                    }
                    // As when this process has no file descriptor left.
                    (Err(_), _) => sleep(POLL).await,
                    (Ok(_), None) => break,
                }
            }
            Ok(())
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn write(stream: UnixStream, mut status: String) -> io::Result<()> {
    status.push('\n');
    let mut left = status.as_bytes();
    while !left.is_empty() {
        stream.writable().await?;
        match stream.try_write(left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
