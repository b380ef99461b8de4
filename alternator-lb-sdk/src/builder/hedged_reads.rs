//! The setting of hedged reads.

use super::Builder;
use alternator_lb_core::routing::Hedge;

impl Builder {
    /// Sends a read to a second node as well if its response takes long, and uses the response that comes first.
    ///
    /// Use it where a slow response costs more than a second request: a node that pauses for a compaction or its
    /// garbage, a packet that is lost, a request that queues behind a large one. `GetItem`, `BatchGetItem`, and each
    /// page of `Query` and `Scan` are hedged, whichever consistency they ask for; writes never are. [`Hedge`] says when
    /// the second request is sent.
    ///
    /// # Routing
    ///
    /// The second request goes where a retry would go: to another node of the scope that is not ejected, with
    /// [token awareness](Self::token_aware) to another replica. It is an attempt on that node in
    /// [`Alternator::nodes()`](crate::Alternator::nodes), and no attempt of the SDK: it needs no retries, and costs
    /// none. An operation that is pinned to a node is not hedged, nor one whose node all clients agree on by
    /// [key affinity](Self::key_affinity).
    ///
    /// # Cost
    ///
    /// At most one second request for twenty reads, whatever the cluster does: each read pays a twentieth of one into a
    /// bucket, which holds 100 at most and is empty at first. None is sent in
    /// [panic mode](crate::docs::health#panic-mode). [`Stats::hedges`](crate::observe::Stats::hedges) and
    /// [`hedges_won`](crate::observe::Stats::hedges_won) count them. A read that may be hedged costs a timer and a copy
    /// of its head. The request that loses is dropped, which closes its connection.
    ///
    /// # HTTP client
    ///
    /// The decorator of the HTTP client sends the second request, for the interceptor. Where one of them is missing,
    /// reads are not hedged and one warning says so: with
    /// [`Alternator::endpoint_resolver()`](crate::Alternator::endpoint_resolver) alone, and where `.http_client(..)` is
    /// called after `.alternator(..)`. For clients of [`Alternator::sdk_config`](crate::Alternator::sdk_config) the HTTP
    /// client does all of it.
    ///
    /// ```
    /// use alternator_lb_sdk::{Alternator, Hedge};
    ///
    /// let alternator = Alternator::builder()
    ///     .seeds(["http://10.0.0.1:8000"])
    ///     .hedged_reads(Hedge::after_p95())
    ///     .build()?;
    /// # Ok::<(), alternator_lb_sdk::BuildError>(())
    /// ```
    ///
    /// # Default
    ///
    /// Off: it adds load where the cluster has little to spare.
    pub fn hedged_reads(mut self, hedge: Hedge) -> Self {
        self.config.hedged_reads = Some(hedge);
        self
    }
}
