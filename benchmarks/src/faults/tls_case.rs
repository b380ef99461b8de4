//! The faults of TLS itself, which only nodes with TLS can have.
//!
//! In each of them node 1 restarts at once, since open connections do not notice: a certificate is shown and verified in
//! handshakes only, and in those in full. With its certificate a node replaces the sessions that clients could resume.

use std::time::Duration;

use super::case::{FAULT_CASES, FaultCase, steady};
use super::script;
use super::threshold::Threshold;
use crate::nodes::Change;

impl FaultCase {
    /// Returns the rows of the table, in its order.
    pub(super) fn all(tls: bool) -> Vec<&'static Self> {
        let of_tls: &[Self] = if tls { &TLS_FAULT_CASES } else { &[] };
        FAULT_CASES.iter().chain(of_tls).collect()
    }
}

/// The thresholds where clients refuse the certificate: as where a node refuses connections, but an operation that meets
/// the node has made a handshake in vain, and may need another one with the next node.
const REFUSED: &[Threshold] = &[
    Threshold::Throughput(0.95),
    Threshold::NoFailures,
    Threshold::SlowestBelow(Duration::from_millis(100)),
    Threshold::Ejected,
];

pub(super) static TLS_FAULT_CASES: [FaultCase; 3] = [
    steady(
        "expired",
        "a node restarts with an expired certificate",
        |_| script::restart_with(Change::ExpiredCertificate),
        REFUSED,
    ),
    steady(
        "untrusted",
        "a node restarts with a certificate of another CA",
        |_| script::restart_with(Change::UntrustedCertificate),
        REFUSED,
    ),
    steady(
        "handshakes-hang",
        "a node restarts, and its handshakes hang",
        |_| script::restart_with(Change::Hang),
        &[
            Threshold::Throughput(0.95),
            Threshold::NoFailures,
            // As where packets are dropped: the node has no idle connection, so that its probe, which needs a handshake
            // as well, has 1.3 s.
            Threshold::SlowestBelow(Duration::from_secs(2)),
            Threshold::FewSlow,
            Threshold::Ejected,
        ],
    ),
];
