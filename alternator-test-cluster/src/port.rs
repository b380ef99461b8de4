//! Listening sockets, and reservation of the port of a stopped node.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::StartError;

/// The listen backlog: the number of connections that may wait to be accepted.
pub(crate) const BACKLOG: i32 = 1024;

/// Binds a socket to an address, without listening yet.
pub(crate) fn bind(address: SocketAddr) -> Result<Socket, StartError> {
    let open = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // Otherwise connections in TIME_WAIT keep the port occupied.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    open().map_err(|source| listen_error(address, source))
}

/// Listens on a bound socket.
pub(crate) fn listen(socket: Socket, address: SocketAddr) -> Result<TcpListener, StartError> {
    let open = || {
        socket.set_reuse_address(true)?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)
    };
    match open() {
        Ok(()) => Ok(socket.into()),
        Err(source) => Err(listen_error(address, source)),
    }
}

/// Stops listening, but keeps the port bound where the system supports it, so that no other program takes the port
/// until the node starts again. Returns the bound socket, or `None` if the port was released.
pub(crate) fn stop_listening(listener: TcpListener) -> Option<Socket> {
    let socket = SockRef::from(&listener);
    // On Linux, `shutdown` ends the listening and leaves the address bound. On other systems it fails, and the port is
    // released.
    let kept = cfg!(target_os = "linux")
        && socket.shutdown(std::net::Shutdown::Both).is_ok()
        // Otherwise a socket of another program with SO_REUSEADDR could bind the address while neither listens.
        && socket.set_reuse_address(false).is_ok();
    kept.then(|| listener.into())
}

/// Listens on the same port of all addresses: the given port, or one that is free on all of them.
pub(crate) fn listen_on_all(
    ips: &[IpAddr],
    port: Option<u16>,
) -> Result<(u16, Vec<TcpListener>), StartError> {
    let open = |port: u16| {
        ips.iter()
            .map(|ip| SocketAddr::new(*ip, port))
            .map(|address| listen(bind(address)?, address))
            .collect::<Result<Vec<_>, _>>()
    };
    if let Some(port) = port.filter(|port| *port != 0) {
        return Ok((port, open(port)?));
    }
    let mut tried = 0;
    loop {
        let port = random_port(tried);
        tried += 1;
        match open(port) {
            Ok(listeners) => return Ok((port, listeners)),
            Err(StartError::PortTaken { source, .. }) if tried == MAX_TRIES => {
                return Err(StartError::NoFreePort { tried, source });
            }
            Err(StartError::PortTaken { .. }) => {}
            Err(other) => return Err(other),
        }
    }
}

/// Listens on a free port of an address.
pub(crate) fn listen_on_free(ip: IpAddr) -> Result<(SocketAddr, TcpListener), StartError> {
    let (port, mut listeners) = listen_on_all(&[ip], None)?;
    let address = SocketAddr::new(ip, port);
    match listeners.pop() {
        Some(listener) => Ok((address, listener)),
        None => Err(StartError::Ended),
    }
}

/// Returns a random port of [`PORT_RANGE`].
fn random_port(tried: usize) -> u16 {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(tried);
    let offset = random % u64::from(PORT_RANGE.end - PORT_RANGE.start);
    PORT_RANGE.start + u16::try_from(offset).unwrap_or_default()
}

fn listen_error(address: SocketAddr, source: io::Error) -> StartError {
    match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { address, source },
        io::ErrorKind::AddrNotAvailable => StartError::AddressMissing {
            ip: address.ip(),
            source,
        },
        _ => StartError::Listen { address, source },
    }
}

/// Ports below the ephemeral ports, which start at 32,768 on Linux and at 49,152 elsewhere. Otherwise a client that
/// connects to a stopped node could get the node's own port as its local port, and be connected to itself.
const PORT_RANGE: std::ops::Range<u16> = 16_000..32_000;
/// The number of ports that are tried before the cluster fails to start.
const MAX_TRIES: usize = 100;
