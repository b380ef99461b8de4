//! The settings of connections.

use super::Builder;

impl Builder {
    /// Opens `connections` connections to a node before it gets requests: when it joins the list, and when it is
    /// restored after it was ejected.
    ///
    /// Use it where the first requests must not wait for a handshake, as over TLS or between distant networks. As many
    /// requests as a node has connections are made at the same time without opening another one.
    ///
    /// The connections are opened by as many health checks (`GET /`) at the same time, by the background task and never
    /// by a request, and take the same pool as the data, if that has the SDK's default timeouts or those of the first
    /// client. That delays a node, and [`ready()`](crate::Alternator::ready), by as long as the handshakes take, two
    /// seconds at most. A connection that is not used is closed again: by the plugin's default client [after 50
    /// s](crate::docs::connections), by any other one as it does.
    ///
    /// At most eight connections are opened, and a greater number counts as that: a node that returns is new to all
    /// processes of a fleet at about the same time, and its listen backlog is 100.
    ///
    /// ```
    /// use alternator_lb_sdk::Alternator;
    ///
    /// let alternator = Alternator::builder()
    ///     .seeds(["http://10.0.0.1:8000"])
    ///     .min_idle(2)
    ///     .build()?;
    /// # Ok::<(), alternator_lb_sdk::BuildError>(())
    /// ```
    ///
    /// # Default
    ///
    /// 0: the health check of a node that joins or returns opens one connection in any case, and the slow start lets
    /// its requests grow over seconds.
    pub fn min_idle(mut self, connections: usize) -> Self {
        self.config.min_idle = connections;
        self
    }
}
