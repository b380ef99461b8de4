//! Events for subscribers, and in the log.

use crate::support::{
    Log, client, config, eventually, expect_pings, ping, quick_refresh, ready_client,
    ready_client_of, test_cluster,
};
use alternator_lb_sdk::observe::{EjectionReason, Event, Subscription};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, Scope};
use alternator_test_cluster::{Fault, Node, NodeConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::Client;
use std::time::Duration;
use tokio::time::timeout;

/// Waits for the next event that is wanted, past others.
async fn wait_for<T>(events: &mut Subscription, wanted: impl Fn(&Event) -> Option<T>) -> T {
    let found = timeout(Duration::from_secs(60), async {
        loop {
            let event = events.next().await.unwrap();
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    });
    found.await.expect("the event comes")
}

#[tokio::test]
async fn subscriber_sees_a_node_join_die_and_return() {
    let cluster = test_cluster!();
    let (_alternator, client) = {
        let alternator = quick_refresh(&cluster).build().unwrap();
        let client = client(&alternator);
        (alternator, client)
    };
    let mut events = _alternator.subscribe();
    _alternator.ready().await.unwrap();
    let listed = wait_for(&mut events, |event| match event {
        Event::NodesChanged { added, nodes, .. } => Some((added.len(), *nodes)),
        _ => None,
    });
    let (added, nodes) = listed.await;
    assert_eq!((added, nodes), (2, 3));

    let joining = cluster.add_node(NodeConfig::new()).unwrap();
    let joined = wait_for(&mut events, |event| match event {
        Event::NodesChanged { added, .. } => Some(added.clone()),
        _ => None,
    });
    assert_eq!(joined.await, [joining.url()]);

    cluster.node(0).stop();
    eventually("the node is down", async || {
        expect_pings(&client, 4).await;
        _alternator
            .nodes()
            .iter()
            .any(|node| node.state() == NodeState::Down)
    })
    .await;
    let ejected = wait_for(&mut events, |event| match event {
        Event::NodeEjected { node, reason, .. } => Some((node.clone(), *reason)),
        _ => None,
    });
    let expected = (cluster.node(0).url(), EjectionReason::NotConnected);
    assert_eq!(ejected.await, expected);

    cluster.node(0).start().unwrap();
    let restored = async {
        wait_for(&mut events, |event| match event {
            Event::NodeRestored { node, .. } => Some(node.clone()),
            _ => None,
        })
        .await
    };
    let requests = async {
        loop {
            ping(&client).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let restored = tokio::select! {
        restored = restored => restored,
        () = requests => unreachable!(),
    };
    assert_eq!(restored, cluster.node(0).url());
}

#[tokio::test]
async fn subscriber_sees_panic_mode_begin_and_end() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let mut events = alternator.subscribe();
    for index in [0, 1] {
        cluster
            .node(index)
            .inject(Fault::ServerError { share: 1.0 });
    }
    eventually("most nodes are ejected", async || {
        let _ = ping(&client).await;
        alternator.stats().is_in_panic_mode()
    })
    .await;
    wait_for(&mut events, |event| {
        matches!(event, Event::PanicModeEntered).then_some(())
    })
    .await;
    cluster.nodes().iter().for_each(Node::recover);
    eventually("the nodes are back", async || {
        let _ = ping(&client).await;
        !alternator.stats().is_in_panic_mode()
    })
    .await;
    wait_for(&mut events, |event| {
        matches!(event, Event::PanicModeExited).then_some(())
    })
    .await;
}

#[tokio::test]
async fn subscriber_sees_refreshes_fail_and_recover() {
    let cluster = test_cluster!();
    let (alternator, _client) = ready_client(&cluster).await;
    let mut events = alternator.subscribe();
    cluster.nodes().iter().for_each(Node::stop);
    alternator.refresh().await.unwrap_err();
    let error = wait_for(&mut events, |event| match event {
        Event::RefreshFailed { error, .. } => Some(error.to_string()),
        _ => None,
    });
    assert!(error.await.contains(&cluster.node(0).url()));
    for node in cluster.nodes() {
        node.start().unwrap();
    }
    alternator.refresh().await.unwrap();
    wait_for(&mut events, |event| {
        matches!(event, Event::RefreshRecovered).then_some(())
    })
    .await;
}

#[tokio::test]
async fn subscriber_sees_another_scope_become_the_preferred_one() {
    let cluster = test_cluster!(crate::scopes::two_datacenters);
    let scope = Scope::rack("dc1", "r2").or(Scope::datacenter("dc1"));
    let (alternator, _client) = ready_client_of(quick_refresh(&cluster).scope(scope)).await;
    let mut events = alternator.subscribe();
    cluster.node(2).stop();
    cluster.node(2).set_listed(false);
    alternator.refresh().await.unwrap();
    let scopes = wait_for(&mut events, |event| match event {
        Event::ScopeChanged { from, to, .. } => Some((from.clone(), to.clone())),
        _ => None,
    });
    let (from, to) = scopes.await;
    assert!(
        from.contains("r2") && to.contains("dc1") && !to.contains("r2"),
        "{from}, {to}"
    );
}

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("none")))
    }
}

#[tokio::test]
async fn subscriber_sees_that_credentials_fail() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let mut events = alternator.subscribe();
    let config = config()
        .credentials_provider(NoCredentials)
        .alternator(&alternator);
    ping(&Client::from_conf(config.build())).await.unwrap_err();
    wait_for(&mut events, |event| {
        matches!(event, Event::CredentialsFailed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn subscription_ends_with_the_cluster_and_does_not_hold_it() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let mut events = alternator.subscribe();
    drop((alternator, client));
    let ended = async { while events.next().await.is_some() {} };
    timeout(Duration::from_secs(60), ended)
        .await
        .expect("it ends");
}

#[tokio::test]
async fn requests_are_logged_at_the_level_trace_alone_and_once_per_attempt() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (_alternator, client) = ready_client(&cluster).await;
    let before = log.above_trace();
    expect_pings(&client, 20).await;
    let attempts = log.traces("event=\"attempt\"");
    assert_eq!(attempts.len(), 20);
    assert_eq!(log.above_trace(), before);
    for url in cluster.urls() {
        let of_node = attempts.iter().filter(|line| line.contains(&url));
        assert!(of_node.count() >= 6, "{attempts:?}");
    }
}

#[test]
fn events_say_in_a_sentence_what_they_mean() {
    let event = Event::NodeRestored {
        node: "http://10.0.0.1:8000".to_owned(),
    };
    assert_eq!(event.to_string(), "http://10.0.0.1:8000: node back");
    assert_eq!(event.node(), Some("http://10.0.0.1:8000"));
    assert_eq!(event.name(), "node_restored");
    let _: fn(&Alternator) -> Subscription = Alternator::subscribe;
}
