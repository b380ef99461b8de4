//! The process of the nodes: the program itself, called with `serve`.
//!
//! It executes the commands on its standard input and ends at its end, so that no nodes outlive a killed parent.

use std::io::{self, BufRead, Write};

use alternator_test_cluster::{Counters, Fault, Node, RawResponse, TestCluster};
use cpu_time::ProcessTime;

use super::certificates::{Authority, Identity, pem_to_word};
use super::{Change, Command, Service};
use crate::Outcome;

/// Starts the nodes, writes `ready` and their addresses, and with TLS `authority` and the certificate of their CA, and
/// executes commands until the input ends.
pub(crate) fn serve(service: Service) -> Outcome<()> {
    let server = Server::start(service)?;
    let mut output = io::stdout().lock();
    let nodes = server.cluster.nodes();
    respond(
        &mut output,
        "ready",
        nodes.iter().map(|node| node.address()),
    )?;
    if let Some(authority) = &server.authority {
        respond(&mut output, "authority", [pem_to_word(&authority.pem())])?;
    }
    for line in io::stdin().lock().lines() {
        match server.execute(&line?) {
            Ok(numbers) => respond(&mut output, "ok", numbers)?,
            Err(error) => respond(&mut output, "error", [error])?,
        }
    }
    Ok(())
}

fn respond<T: ToString>(
    output: &mut impl Write,
    first: &str,
    rest: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    let words = std::iter::once(first.to_owned()).chain(rest.into_iter().map(|it| it.to_string()));
    writeln!(output, "{}", words.collect::<Vec<_>>().join(" "))?;
    output.flush()
}

/// The nodes, and the CA of their certificates if they have TLS.
struct Server {
    cluster: TestCluster,
    authority: Option<Authority>,
}

impl Server {
    fn start(service: Service) -> Outcome<Self> {
        let mut cluster = TestCluster::builder()
            .nodes(service.nodes)
            .fixed_response("GetItem", ITEM)
            .fixed_response("PutItem", EMPTY_RESPONSE);
        if service.enforces_authorization {
            cluster = cluster.authorization(Service::ROLE, Service::SECRET);
        }
        let authority = || Authority::named("CA of the nodes");
        let authority = service.speaks_tls.then(authority).transpose()?;
        if let Some(authority) = &authority {
            let Identity { certificate, key } = authority.issue(service.nodes)?;
            cluster = cluster.tls(certificate, key);
        }
        Ok(Self {
            cluster: cluster.start()?,
            authority,
        })
    }

    fn execute(&self, line: &str) -> Outcome<Vec<u64>> {
        let nodes = self.cluster.nodes();
        match line.parse()? {
            Command::Requests => {
                let requests = nodes.iter().map(|node| node.counters().requests);
                Ok(requests.collect())
            }
            Command::Connections => {
                let counters = nodes.iter().map(Node::counters);
                Ok(counters.flat_map(|it| connections(&it)).collect())
            }
            Command::ProcessorTime => {
                let nanos = ProcessTime::try_now()?.as_duration().as_nanos();
                Ok(vec![u64::try_from(nanos).unwrap_or(u64::MAX)])
            }
            Command::Change(number, change) => {
                let node = number.checked_sub(1).and_then(|index| nodes.get(index));
                self.apply(node.ok_or_else(|| format!("no node {number}"))?, change)?;
                Ok(Vec::new())
            }
        }
    }

    fn apply(&self, node: &Node, change: Change) -> Outcome<()> {
        match change {
            Change::Stop => node.stop(),
            Change::Start => node.start()?,
            Change::Recover => {
                node.recover();
                node.restore_responses();
            }
            Change::Hang => node.inject(Fault::Hang),
            Change::BlackHole => node.inject(Fault::BlackHole),
            Change::StallAfterHeaders => node.inject(Fault::StallAfterHeaders),
            Change::Delay(delay) => node.inject(Fault::Delay(delay)),
            Change::SlowShare(share, delay) => node.inject(Fault::SlowShare { share, delay }),
            Change::Errors(share) => node.inject(Fault::ServerError { share }),
            Change::Throttle(share) => node.inject(Fault::Throttle { share }),
            Change::NoQuorum => node.set_response(RawResponse::new(500, NO_QUORUM)),
            Change::WebServer => {
                let page = RawResponse::new(200, WEB_PAGE).content_type("text/html");
                node.set_response(page.to_all_requests());
            }
            Change::LoseConnections => node.lose_connections(),
            Change::ClockAhead(by) => node.set_clock_ahead(by),
            Change::Restart => {
                node.stop();
                node.start()?;
            }
            Change::ExpiredCertificate => {
                let authority = self.authority.as_ref().ok_or(WITHOUT_TLS)?;
                let expired = authority.issue_expired(self.cluster.nodes().len())?;
                node.replace_certificate(expired.certificate, expired.key)?;
            }
            Change::UntrustedCertificate => {
                let authority = Authority::named("CA of no nodes")?;
                let untrusted = authority.issue(self.cluster.nodes().len())?;
                node.replace_certificate(untrusted.certificate, untrusted.key)?;
            }
        }
        Ok(())
    }
}

fn connections(counters: &Counters) -> [u64; 4] {
    [
        counters.connections,
        counters.open_connections,
        counters.full_handshakes,
        counters.resumed_handshakes,
    ]
}

const WITHOUT_TLS: &str = "nodes without TLS have no certificates";

/// Fixed responses bypass the engine, so that the nodes use as little as possible of the machine that clients share.
const ITEM: &str = r#"{"Item":{"k":{"S":"a"},"v":{"N":"1"},"name":{"S":"An example"},"owner":{"S":"alternator"},"done":{"BOOL":true}}}"#;
const EMPTY_RESPONSE: &str = "{}";

/// The response of ScyllaDB 2026.3 with two of three replicas down.
const NO_QUORUM: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2, alive 1)"}"#;
const WEB_PAGE: &str = "<html><body>It works!</body></html>";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_dynamodb::config::Region;
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::super::certificates::word_to_pem;
    use super::*;
    use crate::client::{Client, ClientSettings};

    fn server(nodes: usize) -> Server {
        Server::start(Service::open(nodes)).unwrap()
    }

    #[test]
    fn nodes_are_counted_from_one() {
        let server = server(2);
        let execute = |line| server.execute(line).unwrap();
        assert!(execute("stop 2").is_empty());
        assert!(server.cluster.node(0).is_running());
        assert!(!server.cluster.node(1).is_running());
        assert!(execute("start 2").is_empty());
        assert!(server.cluster.node(1).is_running());
        assert_eq!(execute("requests"), [0, 0]);
        assert_eq!(execute("connections"), [0; 8]);
    }

    #[test]
    fn processor_time_is_monotonic() {
        let server = server(1);
        let used = || server.execute("processor-time").unwrap();
        let (first, second) = (used(), used());
        assert!(first[0] > 0);
        assert!(second >= first);
    }

    #[test]
    fn rejected_commands_change_nothing() {
        let server = server(1);
        for line in ["stop 0", "stop 2", "explode 1", "expired 1", "untrusted 1"] {
            assert!(server.execute(line).is_err(), "{line}");
        }
        assert!(server.cluster.node(0).is_running());
    }

    type Connect = fn(&ClientSettings<'_>) -> Outcome<Client>;

    /// Makes one attempt to read with a fresh client.
    async fn reads(server: &Server, connect: Connect, authority: &str) -> bool {
        let client = connect(&ClientSettings {
            nodes: &[server.cluster.node(0).address()],
            authority: Some(authority),
            region: Region::from_static("certificates"),
            credentials: None,
            attempts: Some(1),
        });
        let read = client.unwrap().get_item().table_name("t");
        let key = AttributeValue::S("a".to_owned());
        read.key("k", key).send().await.is_ok()
    }

    #[tokio::test]
    async fn every_client_reads_over_tls_unless_the_certificate_is_not_trusted() {
        let service = Service::open(1).with_tls(true);
        let plugin: Connect = |settings| Client::plugin(settings, |builder| builder);
        for connect in [Client::sdk, Client::floor, Client::official, plugin] {
            let server = Server::start(service).unwrap();
            let authority = server.authority.as_ref().unwrap().pem();
            let authority = word_to_pem(&pem_to_word(&authority));
            assert!(reads(&server, connect, &authority).await);
            for line in ["expired 1", "untrusted 1"] {
                let failed = || server.cluster.node(0).counters().failed_handshakes;
                let before = failed();
                server.execute(line).unwrap();
                server.execute("restart 1").unwrap();
                assert!(!reads(&server, connect, &authority).await, "{line}");
                // The node counts it when the client's alert arrives.
                let counted = async {
                    while failed() == before {
                        tokio::task::yield_now().await;
                    }
                };
                let counted = tokio::time::timeout(Duration::from_secs(5), counted).await;
                assert!(counted.is_ok(), "{line}");
            }
        }
    }
}
