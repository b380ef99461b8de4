//! The faults of TLS itself, which only nodes with TLS can have.
//!
//! In each of them node 1 restarts at once, since open connections do not notice: a certificate is shown, and verified,
//! in handshakes only. The sessions of earlier connections end with the certificate, or are not reached.

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

/// The thresholds where clients refuse the handshake: as those where connections are refused, except that the time of
/// an operation that meets the node has handshakes in it, also those with the other nodes.
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
            // As of packets that are dropped: no connection is idle, and a probe has 1.3 s.
            Threshold::SlowestBelow(Duration::from_secs(2)),
            Threshold::FewSlow,
            Threshold::Ejected,
        ],
    ),
];
