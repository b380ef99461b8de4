//! One connection of a client.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::connection_state::ConnectionState;
use super::context::Context;
use super::route;
use super::truncating_stream::{TruncatingStream, WriteLimit};
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;

/// Serves the requests of a connection until it ends.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    cluster: Arc<ClusterState>,
    node: Arc<NodeState>,
) {
    node.recorder.record_connection_opened();
    let _open = Open(Arc::clone(&node));
    // Without it responses in two packets would wait for the client's delayed acknowledgement. It fails only if the
    // connection is gone already.
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "tls")]
    if let Some(tls) = &cluster.tls {
        // The fault of the node delays the handshake as any response.
        super::fault_delay::wait(&node, super::fault_delay::RequestKind::Other).await;
        let acceptor = tokio_rustls::TlsAcceptor::from(tls.server_config(&node));
        match acceptor.accept(stream).await {
            Ok(stream) => {
                let certificate = crate::tls::record_handshake(stream.get_ref().1, &node);
                serve_http(stream, peer, certificate, cluster, node).await;
            }
            // As that of a client which does not trust the certificate, or of one whose own is not trusted.
            Err(_) => node.recorder.record_failed_handshake(),
        }
        return;
    }
    serve_http(stream, peer, None, cluster, node).await;
}

async fn serve_http<S>(
    stream: S,
    peer: SocketAddr,
    client_certificate: Option<Arc<[u8]>>,
    cluster: Arc<ClusterState>,
    node: Arc<NodeState>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let write_limit = WriteLimit::unlimited();
    let connection = ConnectionState::new(&node, peer, client_certificate);
    let context = Context {
        cluster,
        node,
        connection,
        write_limit: write_limit.clone(),
    };
    let stream = TokioIo::new(TruncatingStream::new(stream, write_limit));
    let service = service_fn(move |request| {
        let context = context.clone();
        let first_kept = context.node.watch_lost_connections();
        let connection = Arc::clone(&context.connection);
        connection.unless_lost(first_kept, route::respond(context, request))
    });
    // Errors of clients, which disconnect or send invalid HTTP, do not concern the cluster.
    let _ = http1::Builder::new()
        // What has arrived is executed, even if the client does not wait for the response.
        .half_close(true)
        // There is no idle timeout, neither between requests nor within one.
        .header_read_timeout(None)
        .max_buf_size(HEADERS)
        .title_case_headers(true)
        .serve_connection(stream, service)
        .await;
}

/// Counts the connection as open for as long as it lives.
struct Open(Arc<NodeState>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.recorder.record_connection_closed();
    }
}

/// The server sets no limit to the headers; this is what one connection may make this process delay.
const HEADERS: usize = 4 << 20;
