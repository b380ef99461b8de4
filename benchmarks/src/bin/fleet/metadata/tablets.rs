//! The tablets of all tables, as far as they move or are in a transition.

use super::world::{MetadataEvent, MetadataWorld, REPLICAS, TABLES, TABLETS};
use crate::scenarios::rack;
use std::time::Duration;

/// The moves of tablets to a new node. Which tablet moves is of no matter: each moves once, and replaces one replica.
#[derive(Debug)]
pub(super) struct Tablets {
    /// The tables of the tablets that are still to be moved, in reverse order.
    waiting: Vec<u32>,
    /// For each table, the number of moves under way and of those that have ended.
    pub(super) moving: Vec<u32>,
    pub(super) moved: Vec<u32>,
    pub(super) in_repair: bool,
    /// For all clients and tables with a map, the number of replicas in it that have moved since it was read.
    pub(super) stale_replicas: u64,
}

/// The moves to a node at a time: two for each of 32 shards.
const CONCURRENT_MOVES: usize = 64;

/// The shortest and longest time of a move: some gigabytes at some hundred megabytes per second, shared by several.
const MOVE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(45));

impl Default for Tablets {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            moving: vec![0; TABLES as usize],
            moved: vec![0; TABLES as usize],
            in_repair: false,
            stale_replicas: 0,
        }
    }
}

impl MetadataWorld {
    /// Begins to move tablets to a new node of the first rack: as many as any other node of the rack has then.
    pub(super) fn begin_moves(&mut self) {
        let rack = rack(0, self.initial_nodes);
        let nodes = rack.end - rack.start + 1;
        let mut waiting: Vec<u32> = (0..TABLES * TABLETS / nodes)
            .map(|tablet| tablet % TABLES)
            .collect();
        self.rng.shuffle(&mut waiting);
        self.tablets.waiting = waiting;
        for _ in 0..CONCURRENT_MOVES {
            self.begin_move();
        }
    }

    fn begin_move(&mut self) {
        let Some(table) = self.tablets.waiting.pop() else {
            return;
        };
        if let Some(moving) = self.tablets.moving.get_mut(table as usize) {
            *moving += 1;
        }
        let (shortest, longest) = MOVE;
        let took = shortest + (longest - shortest).mul_f64(self.rng.f64());
        self.events
            .schedule_after(took, MetadataEvent::MoveEnd(table));
    }

    /// Handles the end of a move: maps that were read before have a stale replica more.
    pub(super) fn move_ended(&mut self, table: u32) {
        if let Some(moving) = self.tablets.moving.get_mut(table as usize) {
            *moving -= 1;
        }
        if let Some(moved) = self.tablets.moved.get_mut(table as usize) {
            *moved += 1;
        }
        self.tablets.stale_replicas += u64::from(self.clients.len());
        self.begin_move();
    }

    /// Records the share of reads that go to a replica now.
    pub(super) fn record_reads(&mut self) {
        let replicas = u64::from(self.clients.len()) * u64::from(TABLES * TABLETS * REPLICAS);
        let stale = self.tablets.stale_replicas as f64 / replicas as f64;
        self.record.replica_reads(1.0 - stale, self.elapsed());
    }
}
