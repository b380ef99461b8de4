//! The state of the simulation, and its event loop.

use crate::arena::Arena;
use crate::client::Client;
use crate::node::{Availability, Node};
use crate::node_list::NodeList;
use crate::operations::{Operations, Token};
use crate::probes::Probes;
use crate::scenarios::{RACKS, Scenario, Scope, rack};
use crate::step::Step;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::topology::NodeUrl;
use benchmarks::fleet::{Arguments, EventQueue, NodeSet, Progress, Record};
use std::ops::Range;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) events: EventQueue<Event>,
    pub(crate) record: Record,
    pub(crate) rng: fastrand::Rng,
    pub(crate) nodes: Arena<Node>,
    pub(crate) clients: Arena<Client>,
    pub(crate) operations: Operations,
    pub(crate) probes: Probes,
    /// The nodes that every node lists.
    pub(crate) listed: NodeSet,
    /// Clients that cannot reach some of the nodes.
    pub(crate) partition: Option<Partition>,
    pub(crate) scope: Scope,
    end: Duration,
    /// The mean time between two operations of a client.
    mean_interarrival: Duration,
}

/// A simulated event. Small, since ten thousand are scheduled at any time.
#[derive(Debug)]
pub(crate) enum Event {
    /// A client begins an operation.
    Arrival(u32),
    /// A node ends a service that began in this epoch.
    ServiceEnd(u32, u32),
    /// An attempt fails.
    Failure(Token, Outcome),
    /// The operation in a slot is retried.
    Retry(u32),
    /// The health checker of a client ticks, unless it has ticked earlier.
    Tick(u32),
    /// A probe ends.
    ProbeEnd(u32),
    /// A client refreshes its list, unless it has done so earlier.
    Refresh(u32),
    /// A refresh of a client ends; the flag tells whether it succeeded.
    RefreshEnd(u32, bool),
    Step(Box<Step>),
}

/// A network partition: clients, and nodes that they cannot reach.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub(crate) clients: Range<u32>,
    pub(crate) nodes: Range<u32>,
}

/// The load of the nodes, as a share of their capacity.
const TARGET_UTILISATION: f64 = 0.5;

/// The operations per second of a node: `Server` takes eight milliseconds for one.
const CAPACITY: f64 = 125.0;

/// Returns the operations per second of each client.
pub(crate) fn operations_per_second(arguments: &Arguments) -> f64 {
    TARGET_UTILISATION * CAPACITY * f64::from(arguments.nodes) / f64::from(arguments.clients)
}

impl World {
    /// Creates a steady state, in which all clients know all nodes.
    pub(crate) fn new(scenario: &Scenario, arguments: &Arguments) -> Self {
        // The library seeds its generators from that of the thread.
        fastrand::seed(arguments.seed);
        let mut rng = fastrand::Rng::with_seed(arguments.seed);
        let nodes: Arena<Node> = (0..arguments.nodes).map(Node::new).collect();
        let timeline = scenario.timeline();
        let mut world = Self {
            events: EventQueue::default(),
            record: Record::new(arguments.nodes, timeline.clone()),
            nodes,
            clients: Arena::default(),
            operations: Operations::default(),
            probes: Probes::default(),
            listed: (0..arguments.nodes).collect(),
            partition: None,
            scope: scenario.scope,
            end: timeline.end(),
            mean_interarrival: Duration::from_secs_f64(1.0 / operations_per_second(arguments)),
            rng: rng.fork(),
        };
        for number in 0..arguments.clients {
            let rack = number % RACKS;
            let levels = world.priority_levels(rack);
            let node_list = NodeList::new(world.listed.clone());
            let client = Client::new(rack, &levels, node_list, rng.fork());
            world.clients.push(client);
            let pause = world.draw_interarrival();
            world.events.schedule_after(pause, Event::Arrival(number));
            world.begin_refreshing(number);
        }
        for (time, step) in (scenario.script)(arguments.nodes) {
            world.events.schedule_at(time, Event::Step(Box::new(step)));
        }
        world
    }

    /// Runs the simulation to its end.
    pub(crate) fn run(mut self, progress: &Progress) -> Record {
        let mut seconds = 0;
        while let Some(event) = self.events.pop_until(self.end) {
            let passed = self.now().as_secs();
            (seconds..passed).for_each(|_| progress.advance());
            seconds = passed;
            self.handle(event);
        }
        for began in self.operations.start_times() {
            self.record.operation_unfinished(began);
        }
        self.record
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrival(client) => {
                let pause = self.draw_interarrival();
                self.events.schedule_after(pause, Event::Arrival(client));
                self.begin(client);
            }
            Event::ServiceEnd(node, epoch) => self.served(node, epoch),
            Event::Failure(token, outcome) => self.settle(token, outcome),
            Event::Retry(slot) => self.send(slot),
            Event::Tick(client) => self.tick_if_due(client),
            Event::ProbeEnd(probe) => self.probe_ended(probe),
            Event::Refresh(client) => self.refresh_if_due(client),
            Event::RefreshEnd(client, succeeded) => self.refreshed(client, succeeded),
            Event::Step(step) => self.step(*step),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.events.now()
    }

    fn draw_interarrival(&mut self) -> Duration {
        self.mean_interarrival.mul_f64(-(1.0 - self.rng.f64()).ln())
    }

    /// Returns the availability of a node to a client.
    pub(crate) fn availability(&self, client: u32, node: u32) -> Availability {
        let is_cut_off = self.partition.as_ref().is_some_and(|partition| {
            partition.clients.contains(&client) && partition.nodes.contains(&node)
        });
        match is_cut_off {
            true => Availability::Unreachable,
            false => self.nodes[node].availability,
        }
    }

    /// Returns the nodes that are listed now, by the priority levels of the clients of a rack.
    pub(crate) fn priority_levels(&self, of: u32) -> Vec<Vec<NodeUrl>> {
        let urls = |nodes: &mut dyn Iterator<Item = u32>| -> Vec<NodeUrl> {
            nodes.map(|node| self.nodes[node].url.clone()).collect()
        };
        let all = urls(&mut self.listed.iter());
        match self.scope {
            Scope::Cluster | Scope::Datacenter => vec![all],
            Scope::RackFirst => {
                let own = rack(of, self.nodes.len());
                vec![
                    urls(&mut self.listed.iter().filter(|node| own.contains(node))),
                    all,
                ]
            }
        }
    }
}
