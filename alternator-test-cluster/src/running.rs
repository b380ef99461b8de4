//! A running cluster: its nodes and its threads.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::thread;

use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;

use crate::cluster_state::{Addresses, ClusterState};
use crate::config::ValidNodeConfig;
use crate::node_state::NodeState;
use crate::sync::lock;
use crate::tokens::Owner;
use crate::{NodeConfig, StartError, port, server};

/// A cluster that runs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) state: Arc<ClusterState>,
    pub(crate) port: u16,
    addresses: Mutex<Addresses>,
    server_thread: ServerThread,
    engine: Option<thread::JoinHandle<()>>,
}

impl Running {
    /// Assembles a cluster, which has no nodes yet.
    pub(crate) fn new(
        state: Arc<ClusterState>,
        port: u16,
        addresses: Addresses,
        server_thread: ServerThread,
        engine: thread::JoinHandle<()>,
    ) -> Self {
        Self {
            state,
            port,
            addresses: Mutex::new(addresses),
            server_thread,
            engine: Some(engine),
        }
    }

    pub(crate) fn add_node(&self, node: NodeConfig) -> Result<Arc<NodeState>, StartError> {
        let place = node.validate()?;
        let mut addresses = lock(&self.addresses);
        let ip = match place.address {
            None => addresses.pick(),
            Some(ip) => {
                let present = self.state.present_nodes();
                if !place.has_own_port && present.iter().any(|node| node.ip == ip) {
                    return Err(StartError::AddressUsedTwice { ip });
                }
                addresses.reserve(ip);
                ip
            }
        };
        let (address, listener) = match place.has_own_port {
            true => port::listen_on_free(ip)?,
            false => {
                let address = SocketAddr::new(ip, self.port);
                (address, port::listen(port::bind(address)?, address)?)
            }
        };
        self.run_node(address, place, listener)
    }

    pub(crate) fn remove_node(&self, node: &NodeState) {
        node.remove();
        self.state.catalog.leave(node.number);
    }

    /// Adds a node and serves it on a listener.
    pub(crate) fn run_node(
        &self,
        address: SocketAddr,
        place: ValidNodeConfig,
        listener: TcpListener,
    ) -> Result<Arc<NodeState>, StartError> {
        let node = self.register(address, place);
        node.run(listener, server::starter(&self.state, &node))?;
        Ok(node)
    }

    fn register(&self, address: SocketAddr, place: ValidNodeConfig) -> Arc<NodeState> {
        let mut nodes = lock(&self.state.nodes);
        let number = nodes.len();
        let catalog = &self.state.catalog;
        let rpc = place.listed_address.unwrap_or_else(|| address.ip());
        catalog.join(Owner::new(
            number,
            (place.internal_address.unwrap_or(rpc), rpc),
            &place.datacenter,
            &place.rack,
            catalog.tokens.map_or(0, |tokens| tokens.per_node),
        ));
        let node = Arc::new(NodeState::new(number, self.state.scheme(), address, place));
        nodes.push(Arc::clone(&node));
        node
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for node in self.state.present_nodes() {
            node.remove();
        }
        self.server_thread.end();
        self.state.engine.end();
        if let Some(thread) = self.engine.take() {
            // It does not panic: operations that do are caught.
            let _ = thread.join();
        }
    }
}

/// The thread of the runtime that all nodes share. It is only one, to leave the other cores to the program under test.
#[derive(Debug)]
pub(crate) struct ServerThread {
    pub(crate) runtime: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl ServerThread {
    pub(crate) fn start() -> Result<Self, StartError> {
        let (ready, started) = blocking::sync_channel(1);
        let (end, ended) = oneshot::channel::<()>();
        let serve = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
                Ok(runtime) => {
                    let _ = ready.send(Ok(runtime.handle().clone()));
                    let _ = runtime.block_on(ended);
                }
            }
        };
        let thread = thread::Builder::new()
            .name("alternator-nodes".to_owned())
            .spawn(serve);
        let thread = thread.map_err(|source| StartError::Threads { source })?;
        let runtime = started
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the thread of the nodes ended at once")))
            .map_err(|source| StartError::Threads { source })?;
        Ok(Self {
            runtime,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// Ends the thread and its tasks.
    fn end(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        self.end();
    }
}
