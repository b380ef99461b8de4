//! Listening on an address, and keeping its port while the node is stopped.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::StartError;

/// Connections that wait to be accepted.
pub(crate) const BACKLOG: i32 = 1024;

/// Takes an address.
pub(crate) fn bind(address: SocketAddr) -> Result<Socket, StartError> {
    let open = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // Connections that have just ended keep the port for a while otherwise.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    open().map_err(|source| refusal(address, source))
}

/// Listens on a socket that was bound.
pub(crate) fn listen(socket: Socket, address: SocketAddr) -> Result<TcpListener, StartError> {
    let open = || {
        socket.set_reuse_address(true)?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)
    };
    match open() {
        Ok(()) => Ok(socket.into()),
        Err(source) => Err(refusal(address, source)),
    }
}

/// Closes a listener, but keeps its port if the system can, so that no other program takes it until the node starts
/// again.
pub(crate) fn close(listener: TcpListener) -> Option<Socket> {
    let socket = SockRef::from(&listener);
    // On Linux this ends the listening and leaves the address bound. Elsewhere it fails, and the port is given up.
    let kept = cfg!(target_os = "linux")
        && socket.shutdown(std::net::Shutdown::Both).is_ok()
        // Two sockets that may reuse the address could share it while neither listens.
        && socket.set_reuse_address(false).is_ok();
    kept.then(|| listener.into())
}

/// Listens on all addresses on one port, the given one or one that is free.
pub(crate) fn open_all(
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
        let port = free_port(tried);
        tried += 1;
        match open(port) {
            Ok(listeners) => return Ok((port, listeners)),
            Err(StartError::PortTaken { source, .. }) if tried == TRIES => {
                return Err(StartError::NoFreePort { tried, source });
            }
            Err(StartError::PortTaken { .. }) => {}
            Err(other) => return Err(other),
        }
    }
}

/// Picks a port below those that systems give to outgoing connections (from 32,768 on Linux, 49,152 elsewhere): a client
/// that connects to a stopped node from the node's own port would otherwise be connected to itself.
fn free_port(tried: usize) -> u16 {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(tried);
    let offset = random % u64::from(PORTS.end - PORTS.start);
    PORTS.start + u16::try_from(offset).unwrap_or_default()
}

fn refusal(address: SocketAddr, source: io::Error) -> StartError {
    match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { address, source },
        io::ErrorKind::AddrNotAvailable => StartError::AddressMissing {
            ip: address.ip(),
            source,
        },
        _ => StartError::Listen { address, source },
    }
}

const PORTS: std::ops::Range<u16> = 16_000..32_000;
const TRIES: usize = 100;
