use super::*;
use crate::arguments::Command;
use crate::check::Evidence;
use crate::check::checks;
use crate::check::finding::Status;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use tokio::time::sleep;

/// A cluster of one node, each of whose responses takes this long.
#[derive(Debug)]
struct SlowNode(Duration);

impl HttpConnector for SlowNode {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let delay = self.0;
        let body = match (request.method(), request.uri().contains("/localnodes")) {
            ("GET", false) => "healthy: 10.0.0.1:8000",
            ("GET", true) => r#"["10.0.0.1"]"#,
            _ => "{}",
        };
        HttpConnectorFuture::new(async move {
            sleep(delay).await;
            let ok = 200.try_into().unwrap();
            Ok(HttpResponse::new(ok, SdkBody::from(body)))
        })
    }
}

async fn facts(arguments: &CheckArguments, delay: Duration) -> ClusterFacts {
    let client = http_client_fn(move |_, _| SharedHttpConnector::new(SlowNode(delay)));
    let progress = Progress::new();
    let collector = Collector::new(arguments, client, &progress);
    ClusterFacts::collect(&collector).await.unwrap()
}

fn arguments() -> CheckArguments {
    let arguments = ["check", "http://10.0.0.1:8000", "--timeout", "20s"];
    match Command::parse(lexopt::Parser::from_args(arguments), |_| None).unwrap() {
        Command::Check(arguments) => arguments,
        Command::Top(_) | Command::Print(_) => panic!("{arguments:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn facts_that_are_missing_when_the_time_is_up_are_not_checked() {
    let arguments = arguments();
    // Each request takes less than its limit of 2 s, and all together more than 20 s.
    let facts = &facts(&arguments, Duration::from_millis(1_800)).await;
    assert!(facts.is_out_of_time);
    assert!(facts.requests < 20, "{}", facts.requests);
    let arguments = &arguments;
    let groups = checks::run(Evidence { arguments, facts });
    let finding = |check: &str| {
        let mut findings = groups.iter().flat_map(|group| &group.findings);
        findings.find(|finding| finding.check == check).unwrap()
    };
    assert_eq!(finding("seeds").status, Status::Passed);
    for check in ["server-tables", "discovery", "tables"] {
        let finding = finding(check);
        assert_eq!(finding.status, Status::Skipped, "{finding:?}");
        assert!(finding.title.contains("--timeout"), "{finding:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_takes_too_long_fails_and_others_go_on() {
    let facts = facts(&arguments(), Duration::from_millis(2_100)).await;
    let [seed] = facts.seeds.as_slice() else {
        panic!("{facts:?}");
    };
    assert_eq!(seed.health, Some(Err(Failure::timed_out())));
    assert!(!facts.is_out_of_time);
}
