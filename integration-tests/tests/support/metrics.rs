//! The metrics of a real ScyllaDB, in the text format of Prometheus.

use super::backend::{Backend, skip};
use std::env;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The metrics of all nodes of a cluster.
#[derive(Debug)]
pub(crate) struct Metrics {
    hosts: Vec<String>,
}

impl Metrics {
    /// The metrics of the cluster that the tests run on, at [`PORT`] of each seed. `None` if `ALTERNATOR_METRICS` does
    /// not say that they are there, or if the tests run on the test cluster.
    pub(crate) fn of(backend: &Backend, test: &str) -> Option<Self> {
        let has_metrics = env::var("ALTERNATOR_METRICS").is_ok_and(|value| !value.is_empty());
        if !has_metrics || !backend.is_real() {
            return skip(
                test,
                "a real cluster, ALTERNATOR_SEEDS, and ALTERNATOR_METRICS",
            );
        }
        let hosts = backend.seeds().iter().map(|seed| host(seed).to_owned());
        Some(Self {
            hosts: hosts.collect(),
        })
    }

    /// Returns the sum of all counters with these names, over all nodes and shards.
    pub(crate) async fn sum(&self, has_name: impl Fn(&str) -> bool) -> f64 {
        let mut sum = 0.0;
        for host in &self.hosts {
            sum += sum_of(&fetch(host).await, &has_name);
        }
        sum
    }
}

async fn fetch(host: &str) -> String {
    let mut stream = TcpStream::connect((host, PORT)).await.unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    body(&String::from_utf8(response).unwrap())
}

/// Returns the body of a response, whether or not it is chunked.
fn body(response: &str) -> String {
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    if !head
        .to_ascii_lowercase()
        .contains("\r\ntransfer-encoding: chunked")
    {
        return body.to_owned();
    }
    let mut rest = body;
    let mut chunks = String::new();
    while let Some((length, data)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        chunks.push_str(&data[..length]);
        rest = data.get(length + 2..).unwrap_or_default();
        if length == 0 {
            break;
        }
    }
    chunks
}

/// Returns the sum of the samples with these names.
fn sum_of(text: &str, has_name: impl Fn(&str) -> bool) -> f64 {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let name = series.split('{').next()?;
        has_name(name).then(|| value.parse::<f64>().ok())?
    });
    samples.sum()
}

fn host(url: &str) -> &str {
    let authority = url.split("://").nth(1).unwrap_or(url);
    let host = authority.trim_end_matches('/');
    match host.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => host,
    }
    .trim_matches(['[', ']'])
}

/// The port at which ScyllaDB serves its metrics.
const PORT: u16 = 9180;

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\
# HELP scylla_storage_proxy_coordinator_reads_coordinator_outside_replica_set number of reads
# TYPE scylla_storage_proxy_coordinator_reads_coordinator_outside_replica_set counter
scylla_storage_proxy_coordinator_reads_coordinator_outside_replica_set{scheduling_group_name=\"main\",shard=\"0\"} 3
scylla_storage_proxy_coordinator_reads_coordinator_outside_replica_set{scheduling_group_name=\"sl:a b\",shard=\"1\"} 4
scylla_storage_proxy_coordinator_writes_coordinator_outside_replica_set{shard=\"0\"} 5.000000
scylla_reactor_utilization 0.5
";

    #[test]
    fn metrics_are_summed_over_shards_and_groups() {
        let outside = |name: &str| name.ends_with("_coordinator_outside_replica_set");
        assert_eq!(sum_of(SAMPLE, outside), 12.0);
        assert_eq!(sum_of(SAMPLE, |name| name.contains("_reads_")), 7.0);
        assert_eq!(
            sum_of(SAMPLE, |name| name == "scylla_reactor_utilization"),
            0.5
        );
        assert_eq!(sum_of(SAMPLE, |name| name == "scylla"), 0.0);
    }

    #[test]
    fn chunked_bodies_are_joined() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na 1";
        assert_eq!(body(plain), "a 1");
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na \r\na\r\n1\nb 2\nc 34\r\n0\r\n\r\n";
        assert_eq!(body(chunked), "a 1\nb 2\nc 34");
    }

    #[test]
    fn host_of_a_seed_is_without_scheme_and_port() {
        assert_eq!(host("http://172.28.44.31:8000"), "172.28.44.31");
        assert_eq!(host("http://[::1]:8000/"), "::1");
        assert_eq!(host("node"), "node");
    }
}
