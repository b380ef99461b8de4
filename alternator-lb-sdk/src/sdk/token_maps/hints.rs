//! Learns from answers who would have been the better one to ask.
//!
//! An answer without a hint costs a look at its headers; one whose hint says nothing new, a look at the map. What is new
//! goes into a queue, and an errand makes a new map of all that has come together: a map is made anew as a whole, so that
//! one for each hint would cost more than the hops that it saves.

use super::{INTERVAL_ON_THE_MOVE, TokenMaps, millis, stretched};
use crate::routing::Token;
use crate::routing::token_map::{Hint, Origin, TableMaps};
use crate::sdk::cluster::{Cluster, SdkPlan};
use crate::sdk::errands::Errands;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Named by the proposal for the server, whose number it has.
const HEADER: &str = "x-scylla-alternator-routing-v1";

/// What an operation has asked for: the partition that a hint would be about.
#[derive(Clone, Debug)]
pub(in crate::sdk) struct Asked {
    table: Arc<TableMaps>,
    token: Token,
}

/// The hints that are not learned yet.
#[derive(Debug)]
pub(super) struct Hints {
    sender: mpsc::Sender<News>,
    receiver: Mutex<mpsc::Receiver<News>>,
    /// Until when an errand is at it, in milliseconds.
    learning_until: AtomicU64,
}

type News = (Arc<TableMaps>, Hint);

/// How many hints wait at most. What is more is said again.
const QUEUE: usize = 1_024;

/// How long hints come together: a busy client meets hundreds of ranges in that time.
const GATHERING: Duration = Duration::from_millis(100);

/// How late an errand may be, on a busy machine, before it is taken for dead.
const GRACE: Duration = Duration::from_secs(5);

impl Hints {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Self {
            sender,
            receiver: Mutex::new(receiver),
            learning_until: AtomicU64::new(0),
        }
    }

    /// Whether the caller is the one to learn from now on.
    fn claim(&self, now: Duration) -> bool {
        let until = self.learning_until.load(Ordering::Relaxed);
        let next = millis(now + GATHERING + GRACE);
        let change = || {
            self.learning_until
                .compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed)
        };
        until <= millis(now) && change().is_ok()
    }

    /// What has come together, by table.
    fn take(&self) -> HashMap<*const TableMaps, (Arc<TableMaps>, Vec<Hint>)> {
        let mut news: HashMap<_, (Arc<TableMaps>, Vec<Hint>)> = HashMap::new();
        if let Ok(mut receiver) = self.receiver.try_lock() {
            while let Ok((table, hint)) = receiver.try_recv() {
                let entry = news.entry(Arc::as_ptr(&table));
                entry.or_insert_with(|| (table, Vec::new())).1.push(hint);
            }
        }
        news
    }
}

/// Looks for a hint in what an attempt has brought.
pub(in crate::sdk) fn note_answer(
    cluster: &Cluster,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
) {
    let asked = config.load::<Asked>();
    if let (Some(maps), Some(asked), Some(response)) =
        (cluster.token_maps(), asked, context.response())
    {
        // One that goes by a name is no replica to anybody.
        let plan = config
            .load::<EndpointResolverParams>()
            .and_then(|params| params.get_property::<SdkPlan>());
        let sender = plan.and_then(|plan| plan.current()?.node().url().ip());
        let sender = sender.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        maps.hear(asked, response, sender, cluster.errands());
    }
}

impl TokenMaps {
    /// What an operation on this partition of a table asks for.
    pub(in crate::sdk) fn asked(&self, table: &str, token: Token) -> Option<Asked> {
        let table = self.atlas.get(table)?;
        Some(Asked { table, token })
    }

    /// Looks for a hint in what the node at `sender` has answered.
    fn hear(
        self: &Arc<Self>,
        asked: &Asked,
        response: &HttpResponse,
        sender: IpAddr,
        errands: &Errands,
    ) {
        let header = response.headers().get(HEADER);
        let Some(hint) = header.and_then(|header| Hint::parse(asked.token, header)) else {
            return;
        };
        let now = self.clock.now();
        if let Some(known) = asked.table.find(None) {
            if known.map.agrees_with(&hint, sender) {
                return;
            }
            if known.origin == Origin::Tables {
                let rest = stretched(INTERVAL_ON_THE_MOVE, known.map.len());
                asked.table.turn().hasten(now.max(known.learned + rest));
            }
        }
        // A queue that is full has enough to learn from.
        let _ = self.hints.sender.try_send((Arc::clone(&asked.table), hint));
        if self.hints.claim(now) {
            errands.send(learn(Arc::downgrade(self)));
        }
    }

    /// Learns what has come together. Returns whether there was anything.
    fn learn_hints(&self) -> bool {
        let now = self.clock.now();
        let news = self.hints.take();
        for (table, hints) in news.values() {
            if let Some(kept) = table.base() {
                kept.hear(&hints[..], now, |map| self.atlas.keep(map, now));
            }
        }
        let until = match news.is_empty() {
            true => 0,
            false => millis(now + GATHERING + GRACE),
        };
        self.hints.learning_until.store(until, Ordering::Relaxed);
        !news.is_empty()
    }
}

/// Learns until nothing more comes.
async fn learn(maps: Weak<TokenMaps>) {
    loop {
        sleep(GATHERING).await;
        let learned = maps.upgrade().is_some_and(|maps| maps.learn_hints());
        if !learned {
            return;
        }
    }
}

impl Storable for Asked {
    type Storer = StoreReplace<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use tokio::task::yield_now;
    use tokio::time::advance;

    fn response(hint: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::empty());
        if let Some(hint) = hint {
            response.headers_mut().insert(HEADER, hint.to_owned());
        }
        response
    }

    fn replicas(maps: &TokenMaps, token: i64) -> Vec<String> {
        let table = maps.atlas.get("t").unwrap();
        let known = table.find(None);
        let replicas = known.map(|known| known.map.replicas(Token::new(token)).to_vec());
        let replicas = replicas.unwrap_or_default();
        replicas.iter().map(IpAddr::to_string).collect()
    }

    fn maps() -> Arc<TokenMaps> {
        let maps = TokenMaps::new(Clock::new());
        let table = maps.atlas.look_up("t", maps.clock.now()).unwrap();
        assert!(table.find(None).is_none());
        maps
    }

    async fn gather() {
        // The errand gets to its sleep, and out of it.
        yield_now().await;
        advance(GATHERING).await;
        yield_now().await;
        yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn hints_that_come_together_are_learned_together() {
        let (maps, errands) = (maps(), Errands::new());
        let sender = [10, 0, 0, 9].into();
        let hear = |token, hint| {
            let asked = maps.asked("t", Token::new(token)).unwrap();
            maps.hear(&asked, &response(hint), sender, &errands);
        };
        hear(5, None);
        hear(5, Some("nonsense"));
        assert_eq!(maps.hints.learning_until.load(Ordering::Relaxed), 0);
        hear(5, Some("0,10,10.0.0.1"));
        hear(15, Some("10,20,10.0.0.2,10.0.0.3"));
        assert!(replicas(&maps, 5).is_empty());
        gather().await;
        assert_eq!(replicas(&maps, 5), ["10.0.0.1"]);
        assert_eq!(replicas(&maps, 15), ["10.0.0.2", "10.0.0.3"]);
        hear(25, Some("20,30,10.0.0.4"));
        gather().await;
        assert_eq!(replicas(&maps, 25), ["10.0.0.4"]);
        gather().await;
        assert_eq!(maps.hints.learning_until.load(Ordering::Relaxed), 0);
        hear(25, Some("20,30,10.0.0.4"));
        assert!(maps.hints.take().is_empty(), "nothing new");
        hear(35, Some("30,40,10.0.0.5"));
        gather().await;
        assert_eq!(replicas(&maps, 35), ["10.0.0.5"], "by another errand");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_hints_wait_than_there_is_room_for() {
        let maps = maps();
        // Nobody learns: the errands are over.
        let errands = Errands::new();
        errands.shutdown().await;
        for token in 0..2 * QUEUE as i64 {
            let asked = maps.asked("t", Token::new(token)).unwrap();
            let hint = format!("{},{token},10.0.0.1", token - 1);
            maps.hear(
                &asked,
                &response(Some(&hint)),
                [10, 0, 0, 9].into(),
                &errands,
            );
        }
        let waiting = maps.hints.take();
        let hints: usize = waiting.values().map(|(_, hints)| hints.len()).sum();
        assert_eq!(hints, QUEUE);
    }
}
