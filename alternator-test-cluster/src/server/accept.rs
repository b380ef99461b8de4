//! The port of a node: accepts connections, and closes with all of them.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time;

use super::connection;
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;
use crate::port::BACKLOG;
use crate::port_command::PortCommand;

/// Returns a function that serves a node on a listener, in a task of its own.
pub(crate) fn starter(
    cluster: &Arc<ClusterState>,
    node: &Arc<NodeState>,
) -> impl FnOnce(std::net::TcpListener, mpsc::UnboundedReceiver<PortCommand>) + use<> {
    let (cluster, node) = (Arc::clone(cluster), Arc::clone(node));
    move |listener, commands| {
        let runtime = cluster.runtime.clone();
        runtime.spawn(serve(listener, commands, cluster, node));
    }
}

/// Serves a node until the command to close.
async fn serve(
    listener: std::net::TcpListener,
    mut commands: mpsc::UnboundedReceiver<PortCommand>,
    cluster: Arc<ClusterState>,
    node: Arc<NodeState>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        // Its commands fail from now on, which the node reports.
        return;
    };
    let mut connections = JoinSet::new();
    let mut full_backlog: Option<FullBacklog> = None;
    // Connections that a removed full backlog leaves in the queue.
    let mut fillers = HashSet::new();
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(PortCommand::Block(done)) => {
                    full_backlog = Some(FullBacklog::fill(&listener, &node).await);
                    let _ = done.send(());
                }
                Some(PortCommand::Unblock(done)) => {
                    if let Some(full_backlog) = full_backlog.take() {
                        fillers.extend(full_backlog.remove(&listener));
                    }
                    let _ = done.send(());
                }
                Some(PortCommand::Close(done)) => {
                    connections.shutdown().await;
                    if let Ok(listener) = listener.into_std() {
                        let _ = done.send(listener);
                    }
                    return;
                }
                None => return,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if full_backlog.is_none() => match accepted {
                Ok((_, peer)) if fillers.remove(&peer) => {}
                Ok((stream, peer)) => {
                    let (cluster, node) = (Arc::clone(&cluster), Arc::clone(&node));
                    connections.spawn(connection::serve(stream, peer, cluster, node));
                }
                // Out of file descriptors, most likely: others may be given back.
                Err(_) => time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
}

/// Connections that fill the queue of a listener, so that the system drops further attempts to connect.
struct FullBacklog {
    fillers: Vec<TcpStream>,
}

impl FullBacklog {
    async fn fill(listener: &TcpListener, node: &NodeState) -> Self {
        let mut full_backlog = Self {
            fillers: Vec::new(),
        };
        if SockRef::from(listener).listen(0).is_err() {
            return full_backlog;
        }
        while full_backlog.fillers.len() < FILLERS {
            match time::timeout(FILL_WAIT, TcpStream::connect(node.address())).await {
                Ok(Ok(stream)) => full_backlog.fillers.push(stream),
                Ok(Err(_)) | Err(_) => break,
            }
        }
        full_backlog
    }

    /// Returns the addresses of the fillers, which the listener will see as connections that ended.
    fn remove(self, listener: &TcpListener) -> Vec<SocketAddr> {
        // It worked with a shorter queue.
        let _ = SockRef::from(listener).listen(BACKLOG);
        self.fillers
            .iter()
            .filter_map(|filler| filler.local_addr().ok())
            .collect()
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// The queue of a listener with no backlog holds one or two.
const FILLERS: usize = 16;
/// A connection over loopback is there at once, or is being dropped.
const FILL_WAIT: Duration = Duration::from_millis(50);
