//! A stream that fails after a number of written bytes, for truncated responses.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The number of bytes that may still be written to a connection.
#[derive(Clone, Debug)]
pub(super) struct WriteLimit(Arc<AtomicUsize>);

impl WriteLimit {
    pub(super) fn unlimited() -> Self {
        Self(Arc::new(AtomicUsize::new(UNLIMITED)))
    }

    /// Sets the limit for the next response: none, if `None`.
    pub(super) fn set(&self, bytes: Option<usize>) {
        self.0.store(bytes.unwrap_or(UNLIMITED), Ordering::Relaxed);
    }

    fn left(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|left| *left != UNLIMITED)
    }

    fn take(&self, bytes: usize) {
        if self.left().is_some() {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// A stream that fails when its limit is used up. The server then drops it, which closes the socket behind the bytes
/// that were allowed.
#[derive(Debug)]
pub(super) struct TruncatingStream<S> {
    stream: S,
    write_limit: WriteLimit,
}

impl<S> TruncatingStream<S> {
    pub(super) fn new(stream: S, write_limit: WriteLimit) -> Self {
        Self {
            stream,
            write_limit,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TruncatingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TruncatingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = match self.write_limit.left() {
            None => buf,
            Some(0) => {
                // What was allowed is still to arrive.
                ready!(Pin::new(&mut self.stream).poll_flush(context))?;
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            Some(left) => buf.get(..left).unwrap_or(buf),
        };
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, allowed))?;
        self.write_limit.take(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.write_limit.left().is_none() {
            return Pin::new(&mut self.stream).poll_write_vectored(context, bufs);
        }
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(context, first.map_or(&[], |buf| &**buf))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

const UNLIMITED: usize = usize::MAX;
