//! Commands to the task that serves the port of a node.

use std::net::TcpListener;
use std::sync::mpsc as blocking;

/// A command to the task of a port. The sender waits until it is done.
#[derive(Debug)]
pub(crate) enum PortCommand {
    /// Drop all attempts to connect.
    Block(blocking::SyncSender<()>),
    /// Accept again.
    Unblock(blocking::SyncSender<()>),
    /// Close all connections, stop, and give the listener back.
    Close(blocking::SyncSender<TcpListener>),
}
