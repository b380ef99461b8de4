//! Refreshes of many tables at once.

use super::*;
use futures_util::future::join_all;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::{Instant, sleep};

/// A server that takes some time to describe a table.
#[derive(Clone, Debug, Default)]
struct SlowServer {
    in_flight: Arc<AtomicUsize>,
    max_in_flight: Arc<AtomicUsize>,
    described: Arc<AtomicUsize>,
}

impl HttpConnector for SlowServer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = match target.rsplit('.').next().unwrap() {
            "" => r#"["10.0.0.1"]"#,
            "PutItem" => "{}",
            _ => TABLE.1,
        };
        let is_description = target.ends_with("DescribeTable");
        let server = self.clone();
        HttpConnectorFuture::new(async move {
            if is_description {
                let in_flight = server.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
                server.max_in_flight.fetch_max(in_flight, Ordering::Relaxed);
                sleep(Duration::from_millis(100)).await;
                server.in_flight.fetch_sub(1, Ordering::Relaxed);
                server.described.fetch_add(1, Ordering::Relaxed);
            }
            let status = 200_u16.try_into().unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn forty_tables_used_once_in_the_same_moment_are_known_within_a_second() {
    let server = SlowServer::default();
    let alternator = Alternator::builder().seeds(["http://10.0.0.1:8000"]);
    let alternator = alternator.key_affinity(KeyAffinity::all()).build().unwrap();
    let connector = SharedHttpConnector::new(server.clone());
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_fn(move |_, _| connector.clone()));
    let client = Client::from_conf(config.alternator(&alternator).build());
    let tables: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
    let started = Instant::now();
    let puts = tables.iter().map(|table| {
        let put = client.put_item().table_name(table);
        put.item("pk", AttributeValue::S("a".to_owned())).send()
    });
    for put in join_all(puts).await {
        put.unwrap();
    }
    let cache = &alternator.cluster().metadata;
    let is_known = |table: &String| {
        cache
            .find(table)
            .is_some_and(|table| table.schema().is_some())
    };
    while !tables.iter().all(is_known) {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(server.described.load(Ordering::Relaxed), 40);
    assert_eq!(server.max_in_flight.load(Ordering::Relaxed), 8);
}
