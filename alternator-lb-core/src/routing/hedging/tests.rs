use super::*;

const NOW: Duration = Duration::from_secs(1_000);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Begins this many reads of one item, each of which takes as many milliseconds as its number.
fn reads(hedging: &Hedging, count: u64) {
    for n in 1..=count {
        hedging.begin(OperationKind::GetItem, NOW);
        hedging.record(OperationKind::GetItem, millis(n), NOW);
    }
}

#[test]
fn second_request_follows_after_the_95th_percentile_of_its_kind() {
    let hedging = Hedging::new(Hedge::default());
    reads(&hedging, 100);
    let soon = NOW + millis(1_000);
    let delay = hedging.begin(OperationKind::GetItem, soon).unwrap();
    assert!(millis(95) <= delay && delay <= millis(102), "{delay:?}");
    assert_eq!(hedging.begin(OperationKind::Query, soon), None);
}

#[test]
fn percentile_of_too_few_responses_is_not_used() {
    let hedging = Hedging::new(Hedge::after_p95());
    reads(&hedging, 99);
    assert_eq!(
        hedging.begin(OperationKind::GetItem, NOW + millis(1_000)),
        None
    );
    // Neither are responses of long ago.
    reads(&hedging, 100);
    assert_eq!(
        hedging.begin(OperationKind::GetItem, NOW + millis(60_000)),
        None
    );
}

#[test]
fn percentile_is_not_below_the_resolution_of_timers() {
    let hedging = Hedging::new(Hedge::after_p95());
    for _ in 0..100 {
        hedging.record(OperationKind::Scan, Duration::from_micros(80), NOW);
    }
    assert_eq!(hedging.begin(OperationKind::Scan, NOW), Some(millis(1)));
}

#[test]
fn fixed_delay_needs_no_responses() {
    let hedging = Hedging::new(Hedge::after(millis(7)));
    assert_eq!(hedging.begin(OperationKind::Query, NOW), Some(millis(7)));
}

#[test]
fn writes_are_never_hedged_and_pay_for_nothing() {
    let hedging = Hedging::new(Hedge::after(millis(7)));
    for _ in 0..1_000 {
        for kind in [
            OperationKind::PutItem,
            OperationKind::BatchWriteItem,
            OperationKind::ExecuteStatement,
            OperationKind::TransactGetItems,
        ] {
            assert_eq!(hedging.begin(kind, NOW), None);
        }
    }
    assert!(!hedging.withdraw());
}

#[test]
fn second_requests_are_a_twentieth_of_the_reads_at_most() {
    let hedging = Hedging::new(Hedge::after(millis(7)));
    let mut sent = 0;
    for read in 1..=10_000 {
        hedging.begin(OperationKind::GetItem, NOW);
        while hedging.withdraw() {
            sent += 1;
        }
        assert!(sent * 20 <= read);
    }
    assert_eq!(sent, 500);
}

#[test]
fn a_hundred_second_requests_can_be_saved_up() {
    let hedging = Hedging::new(Hedge::after(millis(7)));
    for _ in 0..100_000 {
        let _ = hedging.begin(OperationKind::GetItem, NOW);
    }
    hedging.refund();
    let mut sent = 0;
    while hedging.withdraw() {
        sent += 1;
    }
    assert_eq!(sent, 100);
}

#[test]
fn refund_pays_for_another_second_request() {
    let hedging = Hedging::new(Hedge::after(millis(7)));
    for _ in 0..20 {
        let _ = hedging.begin(OperationKind::GetItem, NOW);
    }
    assert!(hedging.withdraw() && !hedging.withdraw());
    hedging.refund();
    assert!(hedging.withdraw());
}
