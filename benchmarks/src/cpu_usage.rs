//! The processor time that other programs used during a run. Figures of a busy machine are doubtful.
//!
//! The source is `/proc`, which only Linux has. Most kernels book the handling of loopback packets, which is the run's
//! own work, on the processes of the run. Kernels with `IRQ_TIME_ACCOUNTING` do not: there it counts as foreign, which
//! marks rather too many runs as doubtful than too few.

use std::fs;

/// The processor time used since boot, in system ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuUsage {
    /// Time of all processors, used or idle.
    available: u64,
    /// Time used by all programs, and stolen by other virtual machines.
    used: u64,
    /// Time used by the processes of the run.
    own: u64,
}

impl CpuUsage {
    /// Reads the current usage; `child` is a second process of the run.
    pub(crate) fn now(child: Option<u32>) -> Option<Self> {
        let (available, used) = parse_machine(&fs::read_to_string("/proc/stat").ok()?)?;
        let mut own = parse_process(&fs::read_to_string("/proc/self/stat").ok()?)?;
        if let Some(child) = child {
            own += parse_process(&fs::read_to_string(format!("/proc/{child}/stat")).ok()?)?;
        }
        Some(Self {
            available,
            used,
            own,
        })
    }

    /// Returns the share of all processors that other programs used since `earlier`, from 0 to 1.
    pub(crate) fn share_of_others_since(self, earlier: Self) -> f64 {
        let available = self.available.saturating_sub(earlier.available);
        let used = self.used.saturating_sub(earlier.used);
        let own = self.own.saturating_sub(earlier.own);
        used.saturating_sub(own) as f64 / available.max(1) as f64
    }
}

/// Reads the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn parse_machine(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line
        .split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = ticks.as_slice() else {
        return None;
    };
    let used = user + nice + system + irq + softirq + steal;
    Some((used + idle + iowait, used))
}

/// Reads user and system time, the 12th and 13th field behind the name, which is in parentheses and may have spaces.
fn parse_process(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iowait_counts_as_idle() {
        let stat = "cpu  100 10 50 800 20 1 2 17 0 0\ncpu0 1 2 3\n";
        assert_eq!(parse_machine(stat), Some((1000, 180)));
        assert_eq!(parse_machine("cpu0 1 2 3\n"), None);
    }

    #[test]
    fn process_name_with_spaces_and_parentheses_is_skipped() {
        let stat = "26 (a ) b) R 1 2 3 4 5 6 7 8 9 10 30 12 15 16";
        assert_eq!(parse_process(stat), Some(42));
        assert_eq!(parse_process("26 (a) R 1"), None);
    }

    #[test]
    fn time_of_other_processes_counts_as_foreign() {
        let usage = |available, used, own| CpuUsage {
            available,
            used,
            own,
        };
        let begin = usage(1000, 500, 100);
        assert_eq!(usage(1200, 650, 200).share_of_others_since(begin), 0.25);
        // Ticks are counted at different moments.
        assert_eq!(usage(1200, 600, 201).share_of_others_since(begin), 0.0);
    }
}
