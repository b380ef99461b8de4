//! The options of the clients, by the seed alone.

use std::fmt;
use std::time::Duration;

use alternator_lb_sdk::{
    Builder, KeyAffinity, Policy, RequestCompression, ResponseCompression, Scope,
};

use super::plan::SEEDS;

/// The options of one client, which lives for a while.
#[derive(Clone, Debug)]
pub(super) struct ClientOptions {
    pub(super) lifetime: Duration,
    /// The seeds, by the numbers of the nodes.
    pub(super) seeds: Vec<usize>,
    /// True if it is shut down in the end, not only dropped.
    pub(super) is_shut_down: bool,
    minimal_headers: bool,
    fast_signing: bool,
    token_aware: bool,
    request_compression: Option<RequestCompression>,
    response_compression: Option<ResponseCompression>,
    affinity: Affinity,
    routing: Routing,
    scope: Where,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    None,
    ConditionalWrites,
    AllWrites,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Routing {
    Default,
    RoundRobin,
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Cluster,
    Datacenter,
    RackThenDatacenter,
    RackThenRackThenCluster,
}

impl ClientOptions {
    /// Returns the options of the client which is that number in the sequence of a worker.
    pub(super) fn of(seed: u64, worker: usize, number: u64) -> Self {
        // Each has random numbers of its own, so that none depends on how many came before it.
        let mut seeds = fastrand::Rng::with_seed(seed ^ 0x50a4);
        let base = seeds.u64(..);
        let rng = &mut fastrand::Rng::with_seed(base ^ number << 8 ^ worker as u64);
        Self {
            lifetime: Duration::from_millis(rng.u64(12_000..35_000)),
            seeds: match rng.usize(..=SEEDS) {
                SEEDS => (0..SEEDS).collect(),
                one => vec![one],
            },
            is_shut_down: rng.bool(),
            minimal_headers: rng.bool(),
            fast_signing: rng.bool(),
            token_aware: rng.bool(),
            request_compression: match rng.u8(..3) {
                0 => Some(RequestCompression::gzip()),
                1 => Some(RequestCompression::deflate()),
                _ => None,
            },
            response_compression: match rng.u8(..3) {
                0 => Some(ResponseCompression::gzip()),
                1 => Some(ResponseCompression::deflate()),
                _ => None,
            },
            affinity: match rng.u8(..4) {
                0 => Affinity::None,
                1 => Affinity::ConditionalWrites,
                2 => Affinity::AllWrites,
                _ => Affinity::All,
            },
            routing: match rng.u8(..3) {
                0 => Routing::Default,
                1 => Routing::RoundRobin,
                _ => Routing::Random,
            },
            scope: match rng.u8(..4) {
                0 => Where::Cluster,
                1 => Where::Datacenter,
                2 => Where::RackThenDatacenter,
                _ => Where::RackThenRackThenCluster,
            },
        }
    }

    /// Sets the options.
    pub(super) fn configure(&self, builder: Builder) -> Builder {
        let builder = builder
            .minimal_headers(self.minimal_headers)
            .fast_signing(self.fast_signing)
            .policy(match self.routing {
                Routing::Default => Policy::default(),
                Routing::RoundRobin => Policy::round_robin(),
                Routing::Random => Policy::random(),
            })
            .scope(self.scope.scope());
        let builder = match self.affinity {
            Affinity::None => builder,
            Affinity::ConditionalWrites => builder.key_affinity(KeyAffinity::conditional_writes()),
            Affinity::AllWrites => builder.key_affinity(KeyAffinity::all_writes()),
            Affinity::All => builder.key_affinity(KeyAffinity::all()),
        };
        let builder = match self.token_aware {
            true => builder.token_aware(),
            false => builder,
        };
        let builder = match self.request_compression {
            Some(compression) => builder.request_compression(compression),
            None => builder,
        };
        match self.response_compression {
            Some(compression) => builder.response_compression(compression),
            None => builder,
        }
    }
}

impl Where {
    fn scope(self) -> Scope {
        match self {
            Self::Cluster => Scope::cluster(),
            Self::Datacenter => Scope::datacenter("dc1"),
            Self::RackThenDatacenter => Scope::rack("dc1", "r1").or(Scope::datacenter("dc1")),
            Self::RackThenRackThenCluster => Scope::rack("dc1", "r2")
                .or(Scope::rack("dc1", "r3"))
                .or(Scope::cluster()),
        }
    }
}

impl fmt::Display for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [
            (self.minimal_headers, "minimal headers"),
            (self.fast_signing, "fast signing"),
            (self.token_aware, "token aware"),
            (self.request_compression.is_some(), "compressed requests"),
            (self.response_compression.is_some(), "compressed responses"),
            (self.is_shut_down, "shut down in the end"),
        ];
        write!(
            f,
            "{:?}, affinity {:?}, policy {:?}",
            self.scope, self.affinity, self.routing
        )?;
        for (_, flag) in flags.iter().filter(|(is_set, _)| *is_set) {
            write!(f, ", {flag}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alternator_lb_sdk::Alternator;
    use std::collections::HashSet;

    #[test]
    fn options_are_a_function_of_seed_worker_and_number() {
        let of = |seed, worker, number| ClientOptions::of(seed, worker, number).to_string();
        assert_eq!(of(1, 2, 3), of(1, 2, 3));
        let different: HashSet<String> = (0..40).map(|number| of(1, 2, number)).collect();
        assert!(different.len() > 30);
        assert_ne!(
            [of(1, 0, 0), of(1, 0, 1), of(1, 0, 2)],
            [of(2, 0, 0), of(2, 0, 1), of(2, 0, 2)]
        );
    }

    #[test]
    fn all_options_are_valid_and_each_is_met() {
        let all: Vec<ClientOptions> = (0..100)
            .map(|number| ClientOptions::of(5, 0, number))
            .collect();
        for options in &all {
            let builder = Alternator::builder().seeds(["http://127.0.0.1:8000"]);
            assert!(options.configure(builder).build().is_ok(), "{options}");
            assert!(!options.seeds.is_empty());
        }
        let met =
            |is_set: fn(&ClientOptions) -> bool| all.iter().any(is_set) && !all.iter().all(is_set);
        assert!(
            met(|it| it.minimal_headers) && met(|it| it.fast_signing) && met(|it| it.token_aware)
        );
        assert!(met(|it| it.affinity == Affinity::All) && met(|it| it.routing == Routing::Random));
        assert!(met(|it| it.request_compression.is_some()) && met(|it| it.seeds.len() == SEEDS));
    }
}
