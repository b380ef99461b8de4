//! Detects resources that are not released.
//!
//! Tasks, connections and descriptors have a bound while the clients run, which follows from their number. Memory has
//! none, so the least that is allocated in the last third of the run is compared with the least in the first.

use std::fs;

use super::violation::Violation;

/// The resources in use at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) tasks: u64,
    pub(super) connections: u64,
    pub(super) descriptors: u64,
    pub(super) bytes: u64,
}

/// Collects usages, and compares them.
#[derive(Debug)]
pub(super) struct LeakDetector {
    bounds: Usage,
    bytes: Vec<u64>,
}

/// The growth of memory that is tolerated beside a quarter: what caches and maps of some kinds of faults take.
const TOLERATED_BYTES: u64 = 16 << 20;

impl LeakDetector {
    /// `bounds` are those while it runs; that of the bytes is unused.
    pub(super) fn new(bounds: Usage) -> Self {
        Self {
            bounds,
            bytes: Vec::new(),
        }
    }

    /// Checks a usage while the clients run.
    pub(super) fn observe(&mut self, usage: Usage) -> Result<(), Violation> {
        self.bytes.push(usage.bytes);
        check("tasks", usage.tasks, self.bounds.tasks)?;
        check("connections", usage.connections, self.bounds.connections)?;
        check("descriptors", usage.descriptors, self.bounds.descriptors)
    }

    /// Checks whether memory has grown from the first third of the run to the last.
    pub(super) fn check_growth(&self) -> Result<(), Violation> {
        let third = self.bytes.len() / 3;
        let least = |bytes: Option<&[u64]>| bytes.and_then(|bytes| bytes.iter().min().copied());
        let first = least(self.bytes.get(..third));
        let last = least(self.bytes.get(self.bytes.len() - third..));
        match (first, last) {
            (Some(first), Some(last)) => check("bytes", last, first + first / 4 + TOLERATED_BYTES),
            _ => Ok(()),
        }
    }

    /// Returns the most bytes in use.
    pub(super) fn most_bytes(&self) -> u64 {
        self.bytes.iter().max().copied().unwrap_or_default()
    }
}

/// Checks what is left after the last client, compared with what was there before the first.
pub(super) fn check_end(before: Usage, after: Usage) -> Result<(), Violation> {
    check("tasks in the end", after.tasks, before.tasks)?;
    check(
        "connections in the end",
        after.connections,
        before.connections,
    )?;
    // The engine of the cluster opens some of its own.
    check(
        "descriptors in the end",
        after.descriptors,
        before.descriptors + 8,
    )
}

fn check(what: &'static str, found: u64, limit: u64) -> Result<(), Violation> {
    match found <= limit {
        true => Ok(()),
        false => Err(Violation::Leak { what, found, limit }),
    }
}

/// Returns the number of open descriptors of the process; 0 on systems that do not tell.
pub(super) fn descriptors() -> u64 {
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Usage = Usage {
        tasks: 10,
        connections: 10,
        descriptors: 10,
        bytes: 0,
    };

    fn is_leak(result: Result<(), Violation>, name: &str) -> bool {
        matches!(result, Err(Violation::Leak { what, .. }) if what == name)
    }

    #[test]
    fn usage_beyond_a_bound_is_a_leak() {
        let mut detector = LeakDetector::new(BOUNDS);
        assert_eq!(detector.observe(BOUNDS), Ok(()));
        let more = |change: fn(&mut Usage)| {
            let mut usage = BOUNDS;
            change(&mut usage);
            usage
        };
        assert!(is_leak(detector.observe(more(|it| it.tasks += 1)), "tasks"));
        assert!(is_leak(
            detector.observe(more(|it| it.connections += 1)),
            "connections"
        ));
        assert!(is_leak(
            detector.observe(more(|it| it.descriptors += 1)),
            "descriptors"
        ));
    }

    #[test]
    fn memory_that_keeps_growing_is_a_leak_and_peaks_are_none() {
        let growth_of = |bytes: fn(u64) -> u64| {
            let mut detector = LeakDetector::new(BOUNDS);
            for second in 0..300 {
                let bytes = bytes(second) << 20;
                detector
                    .observe(Usage {
                        bytes,
                        ..Usage::default()
                    })
                    .unwrap();
            }
            detector.check_growth()
        };
        assert_eq!(growth_of(|_| 50), Ok(()));
        assert_eq!(
            growth_of(|second| if second % 20 == 0 { 50 } else { 900 }),
            Ok(())
        );
        assert!(is_leak(growth_of(|second| 50 + second / 2), "bytes"));
    }

    #[test]
    fn what_is_left_in_the_end_is_a_leak() {
        assert_eq!(check_end(BOUNDS, BOUNDS), Ok(()));
        let after = Usage {
            connections: 11,
            ..BOUNDS
        };
        assert!(is_leak(check_end(BOUNDS, after), "connections in the end"));
    }
}
