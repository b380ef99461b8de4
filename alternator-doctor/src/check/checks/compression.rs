//! `request-compression` and `response-compression`: the server decompresses requests, and compresses responses.

use super::count;
use crate::check::Evidence;
use crate::check::facts::NodeFacts;
use crate::check::finding::Finding;

const CHECK_REQUESTS: &str = "request-compression";
const CHECK_RESPONSES: &str = "response-compression";

/// The size in bytes from which on a server compresses responses by default
/// (`alternator_response_compression_threshold_in_bytes`).
const THRESHOLD: u64 = 4_096;

pub(super) fn check_requests(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let has_accepted = |node: &NodeFacts| {
        let mut exchanges = facts.exchanges.iter();
        exchanges.any(|exchange| {
            exchange.node == node.url && exchange.is_compressed && exchange.status == 200
        })
    };
    let (mut accepted, mut refused, mut failure) = (0, Vec::new(), None);
    for node in &facts.nodes {
        match &node.compressed {
            Some(Ok(())) if has_accepted(node) => accepted += 1,
            // The library has sent the request again, uncompressed.
            Some(Ok(())) => refused.push(node.url.as_str()),
            Some(Err(error)) => failure = Some(error.text.as_str()),
            None => {}
        }
    }
    vec![if !refused.is_empty() {
        let title = format!(
            "Compressed requests are refused by {}",
            count(refused.len(), "node")
        );
        Finding::warning(CHECK_REQUESTS, title).detail(refused).advise(
            "Leave Builder::request_compression(..) out until all nodes run ScyllaDB 2026.1 or later",
        )
    } else if accepted > 0 {
        let title = format!(
            "Compressed requests are accepted by {}",
            count(accepted, "node")
        );
        Finding::passed(CHECK_REQUESTS, title)
    } else {
        Finding::skipped(
            CHECK_REQUESTS,
            failure.unwrap_or_else(|| facts.skip_reason()),
        )
    }]
}

pub(super) fn check_responses(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let responses = facts.exchanges.iter();
    let responses =
        responses.filter(|exchange| exchange.operation.is_some() && exchange.status == 200);
    let mut compressed = responses
        .clone()
        .filter_map(|exchange| exchange.content_encoding.as_deref());
    if let Some(encoding) = compressed.next() {
        return vec![Finding::passed(
            CHECK_RESPONSES,
            format!("Responses are compressed with {encoding}"),
        )];
    }
    // Without a length they are sent in chunks, as large ones are.
    let mut large =
        responses.filter(|exchange| exchange.length.is_none_or(|length| length >= THRESHOLD));
    if large.next().is_some() {
        return vec![
            Finding::warning(CHECK_RESPONSES, "Large responses are not compressed").advise(
                "They are from ScyllaDB 2026.1 on, unless `alternator_response_gzip_compression_level` is 0: leave \
                 Builder::response_compression(..) out, or set the level to 6",
            ),
        ];
    }
    let reason = match facts.serving_node {
        Some(_) => "no response of 4 KiB or more was seen, and smaller ones are not compressed",
        None => facts.skip_reason(),
    };
    vec![Finding::skipped(CHECK_RESPONSES, reason)]
}
