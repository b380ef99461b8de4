//! The dump of the flight recorder.

use crate::alternator::Alternator;
use crate::request::user_agent;
use alternator_lb_core::observe::dump::{self, DumpHeader};
use std::io;
use std::time::SystemTime;

impl Alternator {
    /// Writes what the flight recorder holds: the last choices that were not ordinary, changes of health, refreshes and
    /// events, with the nodes and numbers of now.
    ///
    /// Use it after an incident, or when [`Event::PanicModeEntered`](crate::observe::Event::PanicModeEntered) or a
    /// [`RouteError`](crate::RouteError) says that there is one. The record goes on, and the entries stay in it.
    ///
    /// One JSON object per line, with the field `type`: `header`, then a `node` each, `stats`, and by their time
    /// `attempt`, `refresh`, `event` and `route_error`. Times `at_ms` are those since the `Alternator` was built, and
    /// the header tells which of them is which `unix_ms`. It holds addresses and names of tables, and neither keys nor
    /// items nor credentials. The program `fleet --replay` of the repository replays it.
    ///
    /// ```no_run
    /// # fn example(alternator: alternator_lb_sdk::Alternator) -> std::io::Result<()> {
    /// alternator.dump(std::fs::File::create("incident.jsonl")?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the writer, which is buffered here.
    pub fn dump(&self, writer: impl io::Write) -> io::Result<()> {
        let cluster = self.cluster();
        let config = &cluster.config;
        let entries = cluster.observer.recorder().entries();
        #[expect(
            clippy::disallowed_methods,
            reason = "the reader of a dump compares it with other logs"
        )]
        let system_now = SystemTime::now();
        let header = DumpHeader {
            version: user_agent::OWN,
            now: cluster.now(),
            system_now,
            seeds: &config.seeds,
            scope: config.scope.clone().unwrap_or_default().to_string(),
            policy: format!("{:?}", config.policy),
            nodes: &self.nodes(),
            stats: &self.stats(),
        };
        dump::write(io::BufWriter::new(writer), &header, &entries)
    }
}
