//! The simulated world, and the course of its time.

use crate::client::Client;
use crate::health::Outcome;
use crate::node::{Node, Presence};
use crate::numbered::Numbered;
use crate::operations::{Operations, Token};
use crate::probing::Probes;
use crate::refreshing::List;
use crate::scenarios::{RACKS, Scenario, Scope, rack};
use crate::script::Step;
use crate::topology::NodeUrl;
use benchmarks::fleet::{Agenda, Arguments, NodeSet, Progress, Record};
use std::ops::Range;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) agenda: Agenda<Event>,
    pub(crate) record: Record,
    pub(crate) rng: fastrand::Rng,
    pub(crate) nodes: Numbered<Node>,
    pub(crate) clients: Numbered<Client>,
    pub(crate) operations: Operations,
    pub(crate) probes: Probes,
    /// The nodes that a node names.
    pub(crate) named: NodeSet,
    /// Clients that cannot reach some of the nodes.
    pub(crate) partition: Option<Partition>,
    pub(crate) scope: Scope,
    end: Duration,
    /// The time between two operations of a client, on the average.
    pause: Duration,
}

/// Something that happens. Small, since ten thousand of these wait at any time.
#[derive(Debug)]
pub(crate) enum Event {
    /// A client begins an operation.
    Arrive(u32),
    /// A node, in which life of its, ends a service.
    Served(u32, u32),
    /// An attempt fails.
    Fails(Token, Outcome),
    /// The operation at a place is tried again.
    Again(u32),
    /// A client looks after its nodes, unless it has done so earlier.
    Look(u32),
    /// A probe is over.
    Probed(u32),
    /// A client refreshes its list, unless it has done so earlier.
    Refresh(u32),
    /// A refresh has ended, well or not.
    Refreshed(u32, bool),
    Step(Box<Step>),
}

/// Nodes, and clients that cannot reach them.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub(crate) clients: Range<u32>,
    pub(crate) nodes: Range<u32>,
}

/// What the nodes have to do, as a share of what they can.
const BUSY: f64 = 0.5;

/// What a node can do in a second: `Server` takes a millisecond for one.
const CAPACITY: f64 = 1_000.0;

/// How many operations each client does.
pub(crate) fn operations_per_second(arguments: &Arguments) -> f64 {
    BUSY * CAPACITY * f64::from(arguments.nodes) / f64::from(arguments.clients)
}

impl World {
    /// A world in which everybody has known everybody for long.
    pub(crate) fn new(scenario: &Scenario, arguments: &Arguments) -> Self {
        // The library makes generators of its own, which it seeds from that of the thread.
        fastrand::seed(arguments.seed);
        let mut rng = fastrand::Rng::with_seed(arguments.seed);
        let nodes: Numbered<Node> = (0..arguments.nodes).map(Node::new).collect();
        let timeline = scenario.timeline();
        let mut world = Self {
            agenda: Agenda::default(),
            record: Record::new(arguments.nodes, timeline.clone()),
            nodes,
            clients: Numbered::default(),
            operations: Operations::default(),
            probes: Probes::default(),
            named: (0..arguments.nodes).collect(),
            partition: None,
            scope: scenario.scope,
            end: timeline.end(),
            pause: Duration::from_secs_f64(1.0 / operations_per_second(arguments)),
            rng: rng.fork(),
        };
        for number in 0..arguments.clients {
            let rack = number % RACKS;
            let tiers = world.tiers(rack);
            let list = List::new(world.named.clone());
            let client = Client::new(rack, &tiers, list, rng.fork());
            world.clients.push(client);
            let pause = world.draw_pause();
            world.agenda.after(pause, Event::Arrive(number));
            world.begin_refreshing(number);
        }
        for (time, step) in (scenario.script)(arguments.nodes) {
            world.agenda.at(time, Event::Step(Box::new(step)));
        }
        world
    }

    /// Lets all of it happen.
    pub(crate) fn run(mut self, progress: &Progress) -> Record {
        let mut seconds = 0;
        while let Some(event) = self.agenda.next(self.end) {
            let passed = self.now().as_secs();
            (seconds..passed).for_each(|_| progress.passed());
            seconds = passed;
            self.handle(event);
        }
        for began in self.operations.began() {
            self.record.unfinished(began);
        }
        self.record
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrive(client) => {
                let pause = self.draw_pause();
                self.agenda.after(pause, Event::Arrive(client));
                self.begin(client);
            }
            Event::Served(node, life) => self.served(node, life),
            Event::Fails(token, outcome) => self.settle(token, outcome),
            Event::Again(place) => self.send(place),
            Event::Look(client) => self.look_if_due(client),
            Event::Probed(probe) => self.probe_ended(probe),
            Event::Refresh(client) => self.refresh_if_due(client),
            Event::Refreshed(client, well) => self.refreshed(client, well),
            Event::Step(step) => self.step(*step),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.agenda.now()
    }

    fn draw_pause(&mut self) -> Duration {
        self.pause.mul_f64(-(1.0 - self.rng.f64()).ln())
    }

    /// How a node looks to a client.
    pub(crate) fn presence(&self, client: u32, node: u32) -> Presence {
        let is_cut_off = self.partition.as_ref().is_some_and(|partition| {
            partition.clients.contains(&client) && partition.nodes.contains(&node)
        });
        match is_cut_off {
            true => Presence::Silent,
            false => self.nodes[node].presence,
        }
    }

    /// The nodes that are named now, as the scope of the clients of a rack orders them.
    pub(crate) fn tiers(&self, of: u32) -> Vec<Vec<NodeUrl>> {
        let urls = |nodes: &mut dyn Iterator<Item = u32>| -> Vec<NodeUrl> {
            nodes.map(|node| self.nodes[node].url.clone()).collect()
        };
        let all = urls(&mut self.named.iter());
        match self.scope {
            Scope::Cluster | Scope::Datacenter => vec![all],
            Scope::RackFirst => {
                let own = rack(of, self.nodes.len());
                vec![
                    urls(&mut self.named.iter().filter(|node| own.contains(node))),
                    all,
                ]
            }
        }
    }
}
