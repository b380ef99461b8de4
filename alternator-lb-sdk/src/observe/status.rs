//! The status of a cluster as one JSON document, and a socket that serves it.

use crate::alternator::Alternator;
use crate::request::user_agent;
use alternator_lb_core::observe::{Event, NodeStatus, Record, Stats};
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// The document.
#[derive(Debug, Serialize)]
struct Status<'a> {
    format: u32,
    version: &'a str,
    unix_ms: u128,
    nodes: &'a [NodeStatus],
    stats: &'a Stats,
    events: &'a [RecentEvent],
}

#[derive(Debug, Serialize)]
struct RecentEvent {
    ago_ms: u128,
    text: String,
    #[serde(flatten)]
    event: Event,
}

/// The version of the document: it grows when a field changes its meaning or goes.
const FORMAT: u32 = 1;

/// The number of events in the document: those of a screen.
const MAX_EVENTS: usize = 100;

impl Alternator {
    /// Returns the nodes, the stats and the last events as one line of JSON: what `alternator-doctor top --attach`
    /// shows of a running application.
    ///
    /// Write it to a file now and then, return it from an endpoint of the application's own, or let
    /// [`serve_status`](Self::serve_status) serve it. [`docs::observability`](crate::docs::observability) lists its
    /// fields.
    #[must_use]
    pub fn status_json(&self) -> String {
        let (nodes, stats) = (self.nodes(), self.stats());
        #[expect(
            clippy::disallowed_methods,
            reason = "the reader tells by it whether the document is stale"
        )]
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let status = Status {
            format: FORMAT,
            version: user_agent::OWN,
            unix_ms: unix.unwrap_or_default().as_millis(),
            nodes: &nodes,
            stats: &stats,
            events: &self.recent_events(),
        };
        // Fails for maps whose keys are no strings, and for types that refuse, of which there are none.
        serde_json::to_string(&status).unwrap_or_default()
    }

    fn recent_events(&self) -> Vec<RecentEvent> {
        let cluster = self.cluster();
        let now = cluster.now();
        let entries = cluster.observer.recorder().entries();
        let events = entries.into_iter().filter_map(|(at, record)| match record {
            Record::Event(event) => Some((at, event)),
            Record::Attempt(_) | Record::Refresh { .. } | Record::RouteError(_) => None,
        });
        let mut events: Vec<RecentEvent> = events
            .map(|(at, event)| RecentEvent {
                ago_ms: now.saturating_sub(at).as_millis(),
                text: event.to_string(),
                event: *event,
            })
            .collect();
        events.drain(..events.len().saturating_sub(MAX_EVENTS));
        events
    }
}

#[cfg(unix)]
mod socket {
    use super::*;
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
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
        /// tokio::spawn(alternator.serve_status("/run/shop/alternator.sock"));
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
        pub fn serve_status<P: AsRef<Path>>(
            &self,
            path: P,
        ) -> impl Future<Output = io::Result<()>> + Send + use<P> {
            let cluster = Arc::downgrade(self.cluster());
            let path = path.as_ref().to_owned();
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
}
