//! Authorization, and the credentials of the application.

use crate::support::{ROLE, SECRET, check, check_signed, credentials, run};
use alternator_test_cluster::{Fault, TestCluster};
use std::time::Duration;

fn enforcing() -> TestCluster {
    let cluster = TestCluster::builder().nodes(2);
    cluster.authorization(ROLE, SECRET).start().unwrap()
}

fn open() -> TestCluster {
    TestCluster::builder().nodes(1).start().unwrap()
}

#[test]
fn credentials_that_are_right_pass() {
    let run = check_signed(&enforcing(), &[]);
    run.expect("authorization", "passed", "enforced");
    run.expect("credentials", "passed", "2 nodes accept the role `app`");
    run.expect("access-key", "passed", "role");
    assert_eq!(run.status, 0, "{:#}", run.document);
}

#[test]
fn authorization_that_is_off_is_a_warning() {
    let run = check(&open(), &[]);
    let advice = run.expect("authorization", "warning", "off");
    assert!(
        advice.contains("alternator_enforce_authorization: true"),
        "{advice}"
    );
    run.expect("credentials", "skipped", "no credentials");
    run.expect("access-key", "skipped", "no credentials");
    let signed = check_signed(&open(), &[]);
    signed.expect("credentials", "skipped", "authorization is off");
}

#[test]
fn missing_credentials_fail() {
    let run = check(&enforcing(), &[]);
    let advice = run.expect("credentials", "failed", "none are given");
    assert!(advice.contains("ALTERNATOR_SECRET_KEY"), "{advice}");
    run.expect("nodes-serve", "skipped", "refused");
    run.expect("cluster-name", "skipped", "credentials");
    run.expect("server-tables", "skipped", "credentials");
    assert_eq!(run.status, 1);
}

#[test]
fn unknown_role_fails() {
    let cluster = enforcing();
    let run = run(&[&cluster.url()], &credentials("stranger", SECRET));
    let advice = run.expect("credentials", "failed", "stranger");
    assert!(
        advice.contains("SELECT can_login FROM system.roles"),
        "{advice}"
    );
}

#[test]
fn wrong_secret_fails() {
    let cluster = enforcing();
    for (secret, is_hash) in [("password", false), ("$6$other$hash", true)] {
        let run = run(&[&cluster.url()], &credentials(ROLE, secret));
        let advice = run.expect("credentials", "failed", "`app` is refused by 2 nodes");
        assert!(
            advice.contains("SELECT salted_hash FROM system.roles"),
            "{advice}"
        );
        assert_eq!(!advice.contains("no salted hash"), is_hash, "{advice}");
    }
}

#[test]
fn credentials_of_arguments_are_used() {
    let cluster = enforcing();
    let arguments = ["--access-key", ROLE, "--secret-key", SECRET];
    check(&cluster, &arguments).expect("credentials", "passed", ROLE);
}

#[test]
fn clock_over_the_limit_refuses_no_signature_of_the_library() {
    let cluster = enforcing();
    cluster
        .node(1)
        .set_clock_ahead(Duration::from_secs(60 * 60));
    let run = check_signed(&cluster, &[]);
    run.expect("clock-skew", "failed", "signatures");
    run.expect("credentials", "passed", "2 nodes");
}

#[test]
fn access_key_of_aws_fails_where_authorization_is_enforced() {
    let key = "AKIAIOSFODNN7EXAMPLE";
    let cluster = enforcing();
    let enforced = run(&[&cluster.url()], &credentials(key, "secret"));
    let advice = enforced.expect("access-key", "failed", "AWS");
    assert!(advice.contains("role"), "{advice}");
    let cluster = open();
    let open = run(&[&cluster.url()], &credentials(key, "secret"));
    open.expect("access-key", "warning", "once authorization is enforced");
}

#[test]
fn authorization_is_not_checked_if_requests_fail_for_other_reasons() {
    let cluster = open();
    cluster.node(0).inject(Fault::ServerError { share: 1.0 });
    let run = check_signed(&cluster, &[]);
    run.expect("authorization", "skipped", "another reason");
    run.expect("credentials", "skipped", "no node serves");
}
