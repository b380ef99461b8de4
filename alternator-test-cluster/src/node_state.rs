//! The state that the handles of a node and its server share.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::time::{Duration, SystemTime};

use hyper::header::HeaderValue;
use socket2::Socket;
use tokio::sync::{mpsc, watch};

use crate::catalog::Contents;
use crate::client_connections::ClientConnections;
use crate::client_route::ClientRoute;
use crate::config::ValidNodeConfig;
use crate::counters::Recorder;
use crate::listing::{Listing, Member};
use crate::liveness::Liveness;
use crate::port_command::PortCommand;
use crate::sync::lock;
use crate::{Fault, RawResponse, StartError, port};

/// One node.
#[derive(Debug)]
pub(crate) struct NodeState {
    /// Its number in the order of adding.
    pub(crate) number: usize,
    pub(crate) scheme: &'static str,
    pub(crate) ip: IpAddr,
    /// The port, which is another one after a restart with a new mapped port.
    port_number: AtomicU16,
    /// The address for clients, as `/localnodes` has it.
    pub(crate) listed_address: IpAddr,
    /// The rows of this node in `system.client_routes`.
    pub(crate) client_routes: Mutex<Vec<ClientRoute>>,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) client_connections: ClientConnections,
    pub(crate) recorder: Recorder,
    pub(crate) listing: Mutex<Listing>,
    listed: AtomicBool,
    removed: AtomicBool,
    fault: watch::Sender<Option<Fault>>,
    /// Operations since the fault was injected.
    since_fault: AtomicU64,
    response: Mutex<Option<Arc<RawResponse>>>,
    /// Operations since the response was set.
    since_response: AtomicU64,
    /// The difference between this node's clock and the real one, in seconds.
    clock_offset: AtomicI64,
    /// The number of connections that were accepted.
    accepted: AtomicU64,
    /// The number of the first connection that is not lost.
    first_kept_connection: watch::Sender<u64>,
    liveness: Liveness,
    /// The content of the internal tables, if they are frozen.
    frozen_contents: Mutex<Option<Contents>>,
    /// The TLS of a node that shows another certificate than the cluster.
    #[cfg(feature = "tls")]
    pub(crate) own_tls: Mutex<Option<Arc<tokio_rustls::rustls::ServerConfig>>>,
    port: Mutex<Port>,
}

/// The commands to the task of a port, as it receives them.
pub(crate) type Commands = mpsc::UnboundedReceiver<PortCommand>;

#[derive(Debug)]
enum Port {
    Open(mpsc::UnboundedSender<PortCommand>),
    /// With the socket that keeps the address, on systems that allow it.
    Closed(Option<Socket>),
}

impl NodeState {
    pub(crate) fn new(
        number: usize,
        scheme: &'static str,
        address: SocketAddr,
        place: ValidNodeConfig,
    ) -> Self {
        Self {
            number,
            scheme,
            ip: address.ip(),
            port_number: AtomicU16::new(address.port()),
            listed_address: place.listed_address.unwrap_or_else(|| address.ip()),
            client_routes: Mutex::default(),
            datacenter: place.datacenter,
            rack: place.rack,
            client_connections: ClientConnections::new(place.shards),
            recorder: Recorder::default(),
            listing: Mutex::default(),
            listed: AtomicBool::new(true),
            removed: AtomicBool::new(false),
            fault: watch::Sender::new(None),
            since_fault: AtomicU64::new(0),
            response: Mutex::default(),
            since_response: AtomicU64::new(0),
            clock_offset: AtomicI64::new(0),
            accepted: AtomicU64::new(0),
            first_kept_connection: watch::Sender::new(0),
            liveness: Liveness::default(),
            frozen_contents: Mutex::default(),
            #[cfg(feature = "tls")]
            own_tls: Mutex::default(),
            port: Mutex::new(Port::Closed(None)),
        }
    }

    /// Serves a listener with `serve`, which starts a task. For a node that does not run.
    pub(crate) fn run(
        &self,
        listener: TcpListener,
        serve: impl FnOnce(TcpListener, Commands),
    ) -> Result<(), StartError> {
        self.run_on(&mut lock(&self.port), listener, serve)
    }

    /// Listens again if the node was stopped.
    pub(crate) fn start(
        &self,
        serve: impl FnOnce(TcpListener, Commands),
    ) -> Result<(), StartError> {
        let mut port = lock(&self.port);
        if self.is_removed() {
            return Err(StartError::Removed {
                address: self.address(),
            });
        }
        let kept = match &mut *port {
            Port::Open(_) => return Ok(()),
            Port::Closed(kept) => kept.take(),
        };
        let socket = match kept {
            Some(socket) => socket,
            None => port::bind(self.address())?,
        };
        let listener = port::listen(socket, self.address())?;
        self.run_on(&mut port, listener, serve)
    }

    /// Moves a stopped node to another port, as one that is free now.
    pub(crate) fn move_to_free_port(&self) -> Result<(), StartError> {
        let mut port = lock(&self.port);
        if let Port::Closed(kept) = &mut *port {
            // The former port stays taken until there is another one.
            let (address, listener) = port::listen_on_free(self.ip)?;
            self.port_number.store(address.port(), Ordering::SeqCst);
            *kept = port::stop_listening(listener);
        }
        Ok(())
    }

    /// The address at which the node listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.port_number.load(Ordering::SeqCst))
    }

    fn run_on(
        &self,
        port: &mut Port,
        listener: TcpListener,
        serve: impl FnOnce(TcpListener, Commands),
    ) -> Result<(), StartError> {
        let (commands, received) = mpsc::unbounded_channel();
        serve(listener, received);
        // The reply to the command confirms that the port is served.
        let first = if self.fault() == Some(Fault::BlackHole) {
            PortCommand::Block
        } else {
            PortCommand::Unblock
        };
        send(&commands, first).ok_or(StartError::Ended)?;
        *port = Port::Open(commands);
        self.update_liveness(port);
        Ok(())
    }

    /// Closes the port and all connections. The address stays taken, unless the node is removed.
    pub(crate) fn stop(&self) {
        let mut port = lock(&self.port);
        self.liveness.set_dead(true);
        if let Port::Open(commands) = &*port {
            let listener = send(commands, PortCommand::Close);
            let kept = listener.and_then(port::stop_listening);
            *port = Port::Closed(kept);
        }
    }

    pub(crate) fn remove(&self) {
        self.removed.store(true, Ordering::SeqCst);
        self.stop();
        *lock(&self.port) = Port::Closed(None);
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        let port = lock(&self.port);
        self.since_fault.store(0, Ordering::SeqCst);
        let previous = self.fault.send_replace(fault);
        self.update_liveness(&port);
        let is_hole = |fault| fault == Some(Fault::BlackHole);
        if let Port::Open(commands) = &*port {
            // Without a reply the cluster has ended, and nothing connects any more.
            let _ = match (is_hole(previous), is_hole(fault)) {
                (false, true) => send(commands, PortCommand::Block),
                (true, false) => send(commands, PortCommand::Unblock),
                _ => None,
            };
        }
    }

    pub(crate) fn set_listed(&self, listed: bool) {
        self.listed.store(listed, Ordering::SeqCst);
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        *self.fault.borrow()
    }

    pub(crate) fn watch_fault(&self) -> watch::Receiver<Option<Fault>> {
        self.fault.subscribe()
    }

    /// Counts an operation, and returns the fault if it is to fail because of it.
    pub(crate) fn failure(&self) -> Option<Fault> {
        let fault = self.fault()?;
        let (Fault::ServerError { share } | Fault::Throttle { share }) = fault else {
            return None;
        };
        self.is_in_share(share).then_some(fault)
    }

    /// Counts an operation, and returns whether it is in the share of those that the fault is to affect.
    pub(crate) fn is_in_share(&self, share: f64) -> bool {
        let number = self.since_fault.fetch_add(1, Ordering::SeqCst);
        Fault::is_in_share(share, number)
    }

    pub(crate) fn set_response(&self, response: Option<RawResponse>) {
        let mut current = lock(&self.response);
        self.since_response.store(0, Ordering::SeqCst);
        *current = response.map(Arc::new);
    }

    /// Counts a request, and returns the response that is set for it.
    pub(crate) fn set_response_to(&self, is_operation: bool) -> Option<Arc<RawResponse>> {
        let response = lock(&self.response).clone()?;
        if !is_operation {
            return response.is_for_all_requests.then_some(response);
        }
        let number = self.since_response.fetch_add(1, Ordering::SeqCst);
        Fault::is_in_share(response.share, number).then_some(response)
    }

    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::SeqCst);
    }

    /// Returns the time by the clock of this node.
    pub(crate) fn now(&self) -> SystemTime {
        #[expect(
            clippy::disallowed_methods,
            reason = "clients date their signatures by the real clock"
        )]
        let now = SystemTime::now();
        let offset = self.clock_offset.load(Ordering::SeqCst);
        let distance = Duration::from_secs(offset.unsigned_abs());
        match offset < 0 {
            true => now - distance,
            false => now + distance,
        }
    }

    /// Returns the date of a response, if the clock is wrong: else the HTTP server sets it.
    pub(crate) fn wrong_date(&self) -> Option<HeaderValue> {
        let is_wrong = self.clock_offset.load(Ordering::SeqCst) != 0;
        let date = is_wrong.then(|| httpdate::fmt_http_date(self.now()))?;
        HeaderValue::try_from(date).ok()
    }

    /// Returns the number of a new connection.
    pub(crate) fn number_connection(&self) -> u64 {
        self.accepted.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn lose_connections(&self) {
        let accepted = self.accepted.load(Ordering::SeqCst);
        self.first_kept_connection.send_replace(accepted);
    }

    pub(crate) fn watch_lost_connections(&self) -> watch::Receiver<u64> {
        self.first_kept_connection.subscribe()
    }

    pub(crate) fn is_listed(&self) -> bool {
        self.listed.load(Ordering::SeqCst)
    }

    /// Returns whether the node has lost contact to all others.
    pub(crate) fn is_isolated(&self) -> bool {
        matches!(&*lock(&self.listing), Listing::OnlyItself)
    }

    pub(crate) fn set_listing(&self, listing: Listing) {
        *lock(&self.listing) = listing;
        self.update_liveness(&lock(&self.port));
    }

    pub(crate) fn set_frozen_contents(&self, contents: Option<Contents>) {
        *lock(&self.frozen_contents) = contents;
    }

    pub(crate) fn frozen_contents(&self) -> Option<Contents> {
        lock(&self.frozen_contents).clone()
    }

    fn update_liveness(&self, port: &Port) {
        let responds = matches!(port, Port::Open(_))
            && !self.fault().is_some_and(Fault::holds_requests)
            && !self.is_isolated();
        self.liveness.set_dead(!responds);
    }

    /// Returns the time for which the node has not responded to the others. `None` if it does.
    pub(crate) fn dead_for(&self) -> Option<Duration> {
        self.liveness.dead_for()
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::SeqCst)
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(&*lock(&self.port), Port::Open(commands) if !commands.is_closed())
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    pub(crate) fn as_member(&self) -> Member<'_> {
        Member {
            ip: self.listed_address,
            datacenter: &self.datacenter,
            rack: &self.rack,
            is_listed: self.is_listed(),
        }
    }
}

/// Sends a command and waits for its reply. `None` if the port is no longer served.
fn send<T>(
    commands: &mpsc::UnboundedSender<PortCommand>,
    command: impl FnOnce(blocking::SyncSender<T>) -> PortCommand,
) -> Option<T> {
    let (done, reply) = blocking::sync_channel(1);
    commands.send(command(done)).ok()?;
    reply.recv().ok()
}
