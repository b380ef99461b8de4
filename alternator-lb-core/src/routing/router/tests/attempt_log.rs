//! The records of an operation's attempts.

use super::primary::{primary_node, token_map};
use super::*;
use crate::routing::routing_info::RoutingKey;
use crate::routing::{
    AttemptEnd, AttemptLog, AttemptResult, MAX_RECORDS, NextStep, Reason, SharedAttemptLog, Token,
};
use std::io::ErrorKind;
use std::time::SystemTime;

const START: SystemTime = SystemTime::UNIX_EPOCH;

fn failed(outcome: Outcome) -> AttemptEnd {
    AttemptEnd {
        result: AttemptResult::ConnectionFailed,
        outcome: Some(outcome),
        status: None,
        error_code: None,
        io_error: Some(ErrorKind::ConnectionRefused),
    }
}

/// Fails the current attempt.
fn fail(router: &Router<()>, plan: &mut Plan<()>, outcome: Outcome, now: Duration) {
    plan.log_end(failed(outcome), now, || START + now);
    settle(router, plan, outcome, now);
}

fn complete(plan: &Plan<()>, last_step: NextStep) -> AttemptLog {
    plan.complete_log(last_step);
    plan.attempt_log().unwrap()
}

/// A plan that records its attempts from the beginning.
fn logged(mut plan: Plan<()>) -> (Plan<()>, SharedAttemptLog) {
    let log = SharedAttemptLog::new(AttemptLog::new(NOW, START));
    plan.log_attempts(log.clone());
    (plan, log)
}

/// The reason for the first attempt of a plan.
fn reason(router: &Router<()>, plan: Plan<()>, now: Duration) -> Reason {
    let (mut plan, log) = logged(plan);
    next(router, &mut plan, now);
    log.snapshot().records()[0].reason()
}

fn keyed(preference: Preference, replicas: &[u8]) -> Plan<()> {
    let key = RoutingKey {
        token: Token::new(7),
        map: Some(token_map(replicas)),
    };
    Plan::preferring(RoutingInfo::one(key, preference))
}

#[test]
fn nothing_is_recorded_before_an_attempt_fails() {
    let router = router(3, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert!(!plan.is_logged());
    assert!(plan.attempt_log().is_none());
}

#[test]
fn record_begins_with_the_first_attempt_though_it_is_made_at_its_end() {
    let router = router(3, Policy::round_robin());
    let mut plan = Plan::default();
    let node = next(&router, &mut plan, NOW);
    let (later, latest) = (
        NOW + Duration::from_millis(2),
        NOW + Duration::from_millis(5),
    );
    fail(&router, &mut plan, Outcome::NotConnected, later);
    plan.log_free();
    next(&router, &mut plan, later);
    fail(&router, &mut plan, Outcome::ConnectionLost, latest);
    let log = complete(&plan, NextStep::RetriesUsedUp);
    assert_eq!(log.began(), START + NOW);
    let [first, second] = log.records() else {
        panic!("{log:?}");
    };
    assert_eq!(
        (first.node(), first.reason()),
        (node.as_str(), Reason::RoundRobin)
    );
    assert_eq!(
        (first.began(), first.elapsed()),
        (Duration::ZERO, Some(later - NOW))
    );
    assert_eq!(
        (first.is_free(), first.next_step()),
        (true, NextStep::UntriedNode)
    );
    assert_eq!(
        (second.began(), second.elapsed()),
        (later - NOW, Some(latest - later))
    );
    assert_eq!(
        (second.is_free(), second.next_step()),
        (false, NextStep::RetriesUsedUp)
    );
}

#[test]
fn retry_is_told_from_the_nodes_before_it() {
    let router = router(2, Policy::default());
    let mut plan = Plan::default();
    for outcome in [
        Outcome::ServerError,
        Outcome::ServerError,
        Outcome::Contention,
    ] {
        next(&router, &mut plan, NOW);
        fail(&router, &mut plan, outcome, NOW);
    }
    next(&router, &mut plan, NOW);
    let log = complete(&plan, NextStep::Completed);
    let steps: Vec<_> = log
        .records()
        .iter()
        .map(|it| (it.reason(), it.next_step()))
        .collect();
    let expected = [
        (Reason::RoundRobin, NextStep::UntriedNode),
        (Reason::RoundRobin, NextStep::TriedNode),
        (Reason::RoundRobin, NextStep::SameNode),
        (Reason::SameNode, NextStep::Completed),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn last_node_is_retried_alone_if_there_is_no_other() {
    let router = router(1, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    fail(&router, &mut plan, Outcome::ServerError, NOW);
    next(&router, &mut plan, NOW);
    let log = complete(&plan, NextStep::Completed);
    assert_eq!(log.records()[0].next_step(), NextStep::SameNode);
    assert_eq!(log.records()[1].reason(), Reason::Remaining);
}

#[test]
fn record_has_the_reason_for_its_node() {
    let router = router(4, Policy::default());
    assert_eq!(reason(&router, Plan::default(), NOW), Reason::RoundRobin);
    assert_eq!(
        reason(&router, pinned(&router, &url(3)), NOW),
        Reason::Pinned
    );
    let primary = || keyed(Preference::Primary, &[]);
    assert_eq!(reason(&router, primary(), NOW), Reason::PrimaryNode);
    let replica = || keyed(Preference::LeastLoaded, &[2]);
    assert_eq!(reason(&router, replica(), NOW), Reason::Replica);
    make_unreachable(&router, &url(2));
    assert_eq!(reason(&router, replica(), NOW), Reason::RoundRobin);
    fail_requests(&router, &url(1), 9);
    assert_eq!(reason(&router, Plan::default(), LATER), Reason::Probe);
}

/// Keeps requests in flight on a node until they are dropped.
fn occupy(router: &Router<()>, node: &NodeUrl) -> Vec<Plan<()>> {
    let mut plans: Vec<_> = (0..9).map(|_| pinned(router, node)).collect();
    for plan in &mut plans {
        next(router, plan, NOW);
    }
    plans
}

#[test]
fn record_tells_that_the_first_choice_was_overloaded() {
    let router = router(6, Policy::default());
    let _requests = occupy(&router, &primary_node(&router, 7));
    let bounded = keyed(Preference::BoundedPrimary, &[]);
    assert_eq!(reason(&router, bounded, NOW), Reason::NextPrimaryNode);
    let reasons = [(); 6].map(|()| reason(&router, Plan::default(), NOW));
    let less_loaded = reasons.iter().filter(|&&it| it == Reason::LessLoaded);
    assert_eq!(less_loaded.count(), 1, "{reasons:?}");
}

#[test]
fn record_tells_that_no_node_was_usable() {
    let router = router(2, Policy::default());
    make_unreachable(&router, &url(1));
    make_unreachable(&router, &url(2));
    assert_eq!(reason(&router, Plan::default(), NOW), Reason::Fallback);
}

#[test]
fn dropped_plan_leaves_its_attempt_as_dropped() {
    let router = router(2, Policy::default());
    let (mut plan, log) = logged(Plan::default());
    next(&router, &mut plan, NOW);
    assert_eq!(
        log.snapshot().records()[0].result(),
        AttemptResult::InFlight
    );
    fail(&router, &mut plan, Outcome::ConnectionLost, NOW);
    next(&router, &mut plan, NOW);
    drop(plan);
    let log = log.snapshot();
    let [first, second] = log.records() else {
        panic!("{log:?}");
    };
    assert_eq!(first.next_step(), NextStep::UntriedNode);
    assert_eq!(
        (second.result(), second.next_step()),
        (AttemptResult::Dropped, NextStep::Dropped)
    );
}

#[test]
fn plan_dropped_between_attempts_leaves_the_last_as_it_ended() {
    let router = router(2, Policy::default());
    let (mut plan, log) = logged(Plan::default());
    next(&router, &mut plan, NOW);
    fail(&router, &mut plan, Outcome::ConnectionLost, NOW);
    drop(plan);
    let log = log.snapshot();
    let last = log.records().last().unwrap();
    assert_eq!(
        (last.result(), last.next_step()),
        (AttemptResult::ConnectionFailed, NextStep::Dropped)
    );
}

#[test]
fn last_records_of_many_are_kept() {
    let router = router(3, Policy::default());
    let mut plan = Plan::default();
    let nodes: Vec<_> = (0..MAX_RECORDS + 8)
        .map(|_| {
            let node = next(&router, &mut plan, NOW);
            fail(&router, &mut plan, Outcome::ServerError, NOW);
            node
        })
        .collect();
    let log = complete(&plan, NextStep::RetriesUsedUp);
    assert_eq!(log.omitted(), 8);
    let kept: Vec<_> = log.records().iter().map(|it| it.node()).collect();
    let expected: Vec<_> = nodes[8..].iter().map(NodeUrl::as_str).collect();
    assert_eq!(kept, expected);
}

#[test]
fn record_is_displayed_in_one_line() {
    let router = router(2, Policy::round_robin());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    let later = NOW + Duration::from_micros(312);
    fail(&router, &mut plan, Outcome::NotConnected, later);
    plan.log_free();
    next(&router, &mut plan, later);
    let end = AttemptEnd {
        result: AttemptResult::ErrorResponse,
        outcome: Some(Outcome::ServerError),
        status: Some(500),
        error_code: Some("InternalServerError".into()),
        io_error: None,
    };
    plan.log_end(end, later + Duration::from_millis(2), || START);
    plan.log_free();
    let log = complete(&plan, NextStep::QuotaEmpty);
    let lines: Vec<_> = log.records().iter().map(ToString::to_string).collect();
    let expected = [
        "+0.000s http://127.0.0.1:8000, the next in round robin: connection refused after 312.000µs (not connected), \
         at no cost; then another node",
        "+0.000s http://127.0.0.2:8000, the next in round robin: 500 InternalServerError after 2.000ms (server error); \
         no retry, as the retry quota is empty",
    ];
    assert_eq!(lines, expected);
}
