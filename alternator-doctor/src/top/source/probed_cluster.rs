//! A cluster that this program probes, as a client of its own.

use super::probes::Prober;
use super::{UPDATE_INTERVAL, Update, Updates};
use crate::arguments::ClusterArguments;
use crate::connection::{USER_AGENT, http_client};
use crate::top::document::StatusDocument;
use crate::top::source::health_check_client::HealthCheckClient;
use alternator_lb_sdk::{Alternator, AuthMode};
use std::error::Error;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Probes a cluster, and shows what the library knows of it by that.
pub(in crate::top) struct ProbedCluster {
    alternator: Alternator,
    prober: Prober,
}

/// The occurrences from which the library takes the last events. Each failed probe is one, so there are more than
/// usual: an event stays for a quarter of an hour where all of the 50 probes a second fail.
const RECORDED: usize = 1 << 16;

/// The time after which an idle connection is closed. Those to up to 100 nodes are kept from one probe to the next; a
/// thousand nodes would need a thousand, and processes may have 256 files open on some systems.
const IDLE_TIME: Duration = Duration::from_secs(2);

impl ProbedCluster {
    /// # Errors
    ///
    /// Arguments that cannot be used: a file of certificates above all.
    pub(in crate::top) fn new(arguments: &ClusterArguments) -> Result<Self, Box<dyn Error>> {
        let http_client = http_client(arguments.ca.as_deref(), Some(IDLE_TIME))?;
        let alternator = arguments
            .builder()
            .http_client(http_client.clone())
            .auth(AuthMode::Unsigned)
            .user_agent(USER_AGENT)
            .flight_recorder(RECORDED)
            .build()?;
        let prober = Prober::new(&alternator, HealthCheckClient::new(http_client));
        Ok(Self { alternator, prober })
    }

    /// Hands over the status once a second and after each event, until nothing takes it any more.
    pub(in crate::top) async fn run(self, updates: Updates) {
        tokio::select! {
            () = self.prober.run(&self.alternator) => {}
            () = report(&self.alternator, updates) => {}
        }
    }
}

async fn report(alternator: &Alternator, updates: Updates) {
    let mut events = alternator.subscribe();
    let mut ticks = interval(UPDATE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = events.next() => {}
        }
        // The status has them all.
        while events.try_next().is_some() {}
        if updates.send(status(alternator)).await.is_err() {
            return;
        }
    }
}

fn status(alternator: &Alternator) -> Update {
    StatusDocument::parse(alternator.status_json().as_bytes()).map(Box::new)
}
