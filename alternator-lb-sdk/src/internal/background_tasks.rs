//! What is done beside the operations that want it done.
//!
//! An errand is begun because of an operation, on the runtime on which that runs, and the operation does not wait for it.
//! Each ends by itself; all end when the cluster is given up or shut down, wherever they are. An errand on a runtime that
//! is dropped goes with it, so whoever sends one out must reckon with its never coming back.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

/// The errands of a cluster.
#[derive(Debug)]
pub(crate) struct Errands {
    /// Whether no more are wanted. Each errand holds a receiver.
    over: watch::Sender<bool>,
}

/// How long the end of errands is waited for. One whose runtime was left standing ends only with that; but it does
/// nothing any more either.
const END: Duration = Duration::from_secs(1);

/// How many errands are out at a time, of one cluster in one process. A change of the nodes makes the maps of all tables due;
/// nothing is in a hurry, and a thousand processes shall not ask a thousand questions each at the same moment.
const MOST: usize = 8;

impl Errands {
    pub(crate) fn new() -> Self {
        Self {
            over: watch::Sender::new(false),
        }
    }

    /// Whether so many are out that another had better wait: whoever wants it comes again with the next operation.
    pub(crate) fn are_many(&self) -> bool {
        self.over.receiver_count() >= MOST
    }

    /// Whether one can be sent out at all: there is a runtime to do it, and more are wanted.
    pub(crate) fn are_possible(&self) -> bool {
        Handle::try_current().is_ok() && !*self.over.borrow()
    }

    /// Sends one out, if that [is possible](Self::are_possible).
    pub(crate) fn send(&self, errand: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut over = self.over.subscribe();
        if *over.borrow() {
            return;
        }
        runtime.spawn(async move {
            // An error says that the cluster is gone.
            let end = pin!(async move { drop(over.wait_for(|over| *over).await) });
            futures_util::future::select(end, pin!(errand)).await;
        });
    }

    /// Ends all errands for good.
    pub(crate) async fn shutdown(&self) {
        self.over.send_replace(true);
        let gone = self.over.closed();
        match Handle::try_current() {
            Ok(_) => drop(timeout(END, gone).await),
            Err(_) => gone.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::Arc;
    use tokio::sync::oneshot;

    /// Whether the errand was dropped before it was done.
    fn endless(errands: &Errands) -> oneshot::Receiver<()> {
        let (held, dropped) = oneshot::channel::<()>();
        errands.send(async move {
            pending::<()>().await;
            drop(held);
        });
        dropped
    }

    #[tokio::test]
    async fn an_errand_is_done_beside_its_sender() {
        let errands = Errands::new();
        let (done, was_done) = oneshot::channel();
        errands.send(async move { done.send(7).unwrap() });
        assert_eq!(was_done.await, Ok(7));
        errands.shutdown().await;
    }

    #[tokio::test]
    async fn a_shutdown_ends_errands_and_lets_none_begin() {
        let errands = Errands::new();
        let dropped = endless(&errands);
        assert!(errands.are_possible());
        errands.shutdown().await;
        assert!(dropped.await.is_err());
        assert!(!errands.are_possible());
        assert!(endless(&errands).await.is_err(), "not even begun");
    }

    #[tokio::test]
    async fn no_more_are_out_at_a_time_than_there_should_be() {
        let errands = Errands::new();
        let (done, mut was_done) = oneshot::channel::<()>();
        errands.send(async move { drop(done) });
        for _ in 1..MOST {
            assert!(!errands.are_many());
            endless(&errands);
        }
        assert!(errands.are_many());
        while was_done.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert!(!errands.are_many(), "one is done");
    }

    #[tokio::test]
    async fn errands_end_with_their_cluster() {
        let errands = Arc::new(Errands::new());
        let dropped = endless(&errands);
        drop(errands);
        assert!(dropped.await.is_err());
    }

    #[test]
    fn without_a_runtime_nothing_is_begun() {
        let errands = Errands::new();
        assert!(!errands.are_possible());
        let mut dropped = endless(&errands);
        assert_eq!(
            dropped.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        );
    }
}
