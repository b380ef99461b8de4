//! The state of the simulation, and its event loop.

use super::client::{ClientTable, MetadataClient, SharedReading};
use super::scenarios::{MetadataScenario, MetadataStep, Start};
use super::tablets::Tablets;
use crate::arena::Arena;
use alternator_lb_core::discovery::ACTIVE;
use alternator_lb_core::jitter::{DEFAULT_JITTER, jittered};
use alternator_lb_core::metadata_schedule::{
    MapOutcome, NodeHistory, PlacementSummary, SHARED_AGE, SchemaOutcome,
};
use benchmarks::fleet::{Arguments, EventQueue, MetadataRecord, NodeSet, Progress, RequestKind};
use std::sync::Arc;
use std::time::Duration;

pub(super) const TABLES: u32 = 50;
pub(super) const TABLETS: u32 = 1_024;
pub(super) const REPLICAS: u32 = 3;

#[derive(Debug)]
pub(crate) struct MetadataWorld {
    pub(super) events: EventQueue<MetadataEvent>,
    pub(super) record: MetadataRecord,
    pub(super) rng: fastrand::Rng,
    /// The number of nodes without the one that joins.
    pub(super) initial_nodes: u32,
    pub(super) clients: Arena<MetadataClient>,
    /// Those of the first client, then those of the second, and so on: the index names a pair of a client and a table.
    pub(super) tables: Arena<ClientTable>,
    pub(super) tablets: Tablets,
    /// The nodes that every node lists, and the version of this list.
    pub(super) listed: Arc<[u32]>,
    pub(super) list: u32,
    /// The nodes that refuse connections.
    pub(super) down: NodeSet,
    length: Duration,
}

/// A simulated event.
#[derive(Debug)]
pub(super) enum MetadataEvent {
    /// A client begins to use all its tables.
    Start(u32),
    /// An operation uses a table of a client.
    Use(u32),
    /// The same, after a new node has made its maps stale.
    UseInvalidated(u32),
    /// The schema of a table of a client is known.
    SchemaEnd(u32),
    /// The wait before the maps of a table of a client is over.
    FetchMaps(u32),
    /// A client asks for the list of nodes.
    Poll(u32),
    /// An operation of a client goes to a certain node.
    Meet(u32, u32),
    /// A client probes ejected nodes, unless it has done so earlier.
    Probe(u32),
    /// A tablet of a table has moved.
    MoveEnd(u32),
    /// A second is over.
    Second,
    Step(MetadataStep),
}

/// The simulated time at which a scenario begins: clients have run for as long.
const ORIGIN: Duration = Duration::from_secs(3_600);

/// The number of nodes that a request tries.
const MAX_TRIES: usize = 3;

impl MetadataWorld {
    pub(crate) fn new(scenario: &MetadataScenario, arguments: &Arguments) -> Self {
        // The library seeds its generators from that of the thread.
        fastrand::seed(arguments.seed);
        let mut rng = fastrand::Rng::with_seed(arguments.seed);
        let nodes = arguments.nodes + u32::from(scenario.adds_node);
        let length = scenario.length();
        let mut world = Self {
            events: EventQueue::default(),
            record: MetadataRecord::new(nodes, length),
            rng: rng.fork(),
            initial_nodes: arguments.nodes,
            clients: Arena::default(),
            tables: Arena::default(),
            tablets: Tablets::default(),
            listed: (0..arguments.nodes).collect(),
            list: 0,
            down: NodeSet::default(),
            length,
        };
        for _ in 0..arguments.clients {
            let client = MetadataClient::new(&world.listed, Duration::ZERO, rng.fork());
            world.clients.push(client);
        }
        world.tables = (0..arguments.clients * TABLES)
            .map(|_| ClientTable::new())
            .collect();
        // Nothing is scheduled before: this advances the time.
        world.events.pop_until(ORIGIN);
        for number in 0..arguments.clients {
            world.begin(number, scenario.start);
        }
        for (after, step) in (scenario.script)(arguments.nodes) {
            world
                .events
                .schedule_after(after, MetadataEvent::Step(step));
        }
        world
            .events
            .schedule_after(Duration::ZERO, MetadataEvent::Second);
        world
    }

    /// Runs the simulation to its end.
    pub(crate) fn run(mut self, progress: &Progress) -> MetadataRecord {
        while let Some(event) = self.events.pop_until(ORIGIN + self.length) {
            if let MetadataEvent::Second = event {
                progress.advance();
            }
            self.handle(event);
        }
        self.record
    }

    fn handle(&mut self, event: MetadataEvent) {
        match event {
            MetadataEvent::Start(client) => self.start(client),
            MetadataEvent::Use(pair) => self.use_table(pair),
            MetadataEvent::UseInvalidated(pair) => self.use_invalidated(pair),
            MetadataEvent::SchemaEnd(pair) => self.schema_ended(pair),
            MetadataEvent::FetchMaps(pair) => self.fetch_maps(pair),
            MetadataEvent::Poll(client) => self.poll(client),
            MetadataEvent::Meet(client, node) => self.meet(client, node),
            MetadataEvent::Probe(client) => self.probe_if_due(client),
            MetadataEvent::MoveEnd(table) => self.move_ended(table),
            MetadataEvent::Second => {
                self.record_reads();
                let second = Duration::from_secs(1);
                self.events.schedule_after(second, MetadataEvent::Second);
            }
            MetadataEvent::Step(step) => self.step(step),
        }
    }

    fn step(&mut self, step: MetadataStep) {
        match step {
            MetadataStep::Stop(node) => self.take_down(node),
            MetadataStep::Listen(node) => self.down.remove(node),
            MetadataStep::Delist(node) => {
                let others = self.listed.iter().filter(|other| **other != node);
                self.listed = others.copied().collect();
                self.list += 1;
            }
            MetadataStep::List(node) => {
                let listed = self.listed.iter().copied();
                self.listed = listed.chain([node]).collect();
                self.list += 1;
            }
            MetadataStep::BeginRepair => self.tablets.in_repair = true,
            MetadataStep::EndRepair => self.tablets.in_repair = false,
            MetadataStep::BeginMoves => self.begin_moves(),
            MetadataStep::CountRequests => {
                let requests = self.tables.iter().map(|table| table.requests);
                let most = requests.max().unwrap_or_default();
                self.record.table_requests(most);
            }
        }
    }

    fn begin(&mut self, number: u32, start: Start) {
        match start {
            Start::Cold { over } => {
                let after = over.mul_f64(self.rng.f64());
                self.events
                    .schedule_after(after, MetadataEvent::Start(number));
            }
            Start::Steady => self.resume(number),
        }
    }

    fn start(&mut self, number: u32) {
        let now = self.events.now();
        let client = &mut self.clients[number];
        client.list = self.list;
        client.history = NodeHistory::default();
        client.history.record(self.listed.iter().copied(), now);
        self.poll(number);
        for pair in number * TABLES..(number + 1) * TABLES {
            self.use_table(pair);
        }
    }

    /// Puts a client into the state of one that has run for long: all that it knows is stale at a random time within
    /// its age.
    fn resume(&mut self, number: u32) {
        let now = self.events.now();
        let client = &mut self.clients[number];
        client.list = self.list;
        let mut within = |age| {
            let age = jittered(age, DEFAULT_JITTER, &mut client.rng);
            now + age.mul_f64(client.rng.f64())
        };
        let poll = within(ACTIVE);
        client.addresses = SharedReading::new(within(SHARED_AGE), 0);
        client.replications = SharedReading::new(within(SHARED_AGE), 0);
        client.settings = SharedReading::new(within(SHARED_AGE), 0);
        let placement = PlacementSummary {
            ranges: TABLETS as usize,
            ..PlacementSummary::default()
        };
        let ages = [
            SchemaOutcome::Known.pause(),
            MapOutcome::Known(placement.age(0)).pause(0),
        ];
        for pair in number * TABLES..(number + 1) * TABLES {
            let table = &mut self.tables[pair];
            table.moves = Some(0);
            let schedules = [&table.schema_schedule, &table.maps_schedule];
            for (schedule, age) in schedules.into_iter().zip(ages) {
                let next = within(age);
                if let Some(refresh) = schedule.try_acquire(Duration::ZERO, now) {
                    schedule.finish(refresh, next);
                }
                self.events.schedule_at(next, MetadataEvent::Use(pair));
            }
        }
        self.events.schedule_at(poll, MetadataEvent::Poll(number));
    }

    /// Sends a request to the node that the client picks, or to another one if that refuses the connection.
    pub(super) fn request(&mut self, number: u32, kind: RequestKind, bytes: usize) {
        let elapsed = self.elapsed();
        let client = &mut self.clients[number];
        for _ in 0..MAX_TRIES {
            let Some(node) = client.picker.pick() else {
                return;
            };
            if !self.down.contains(node) {
                self.record.request(kind, node, bytes, elapsed);
                return;
            }
        }
    }

    /// Returns the time since the beginning of the scenario.
    pub(super) fn elapsed(&self) -> Duration {
        self.events.now().saturating_sub(ORIGIN)
    }
}
