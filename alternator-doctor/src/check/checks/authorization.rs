//! `authorization`, `credentials` and `access-key`: the cluster enforces authorization, and accepts the application's
//! role.

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use crate::connection::{Credentials, Failure};

const CHECK_ENFORCEMENT: &str = "authorization";
const CHECK_CREDENTIALS: &str = "credentials";
const CHECK_ACCESS_KEY: &str = "access-key";

/// The errors of a cluster that enforces authorization. The last one is also that of a role that lacks a permission.
const REFUSALS: [&str; 5] = [
    "MissingAuthenticationTokenException",
    "MissingAuthenticationToken",
    "InvalidSignatureException",
    "UnrecognizedClientException",
    "AccessDeniedException",
];

/// Returns true if a request failed for its credentials.
pub(super) fn is_refusal(failure: &Failure) -> bool {
    failure.code().is_some_and(|code| REFUSALS.contains(&code))
}

/// Returns true if authorization is enforced, and `None` if that is unknown.
fn is_enforced(evidence: Evidence<'_>) -> Option<bool> {
    match evidence.facts.unsigned.as_ref()? {
        Ok(()) => Some(false),
        Err(failure) => is_refusal(failure).then_some(true),
    }
}

pub(super) fn check_enforcement(evidence: Evidence<'_>) -> Vec<Finding> {
    vec![match (&evidence.facts.unsigned, is_enforced(evidence)) {
        (_, Some(true)) => Finding::passed(
            CHECK_ENFORCEMENT,
            "Authorization is enforced: unsigned requests are refused",
        ),
        (_, Some(false)) => Finding::warning(
            CHECK_ENFORCEMENT,
            "Authorization is off: all who reach a node may do everything",
        )
        .advise(
            "Create roles, then set `alternator_enforce_authorization: true` in scylla.yaml; with \
                     `alternator_warn_authorization` first, refusals are only logged",
        ),
        (Some(Err(failure)), None) => {
            let reason = format!("an unsigned request fails for another reason: {failure}");
            Finding::skipped(CHECK_ENFORCEMENT, reason)
        }
        (Some(Ok(())) | None, None) => {
            Finding::skipped(CHECK_ENFORCEMENT, evidence.facts.skip_reason())
        }
    }]
}

pub(super) fn check_credentials(evidence: Evidence<'_>) -> Vec<Finding> {
    let is_enforced = is_enforced(evidence);
    let Some(credentials) = &evidence.arguments.credentials else {
        return vec![match is_enforced {
            Some(true) => {
                Finding::failed(CHECK_CREDENTIALS, "The cluster needs credentials, and none are given")
                    .advise(
                        "Set ALTERNATOR_ACCESS_KEY to the role of the application, and ALTERNATOR_SECRET_KEY \
                         to its salted_hash",
                    )
            }
            Some(false) | None => Finding::skipped(CHECK_CREDENTIALS, "no credentials are given"),
        }];
    };
    let operations = evidence.facts.nodes.iter().filter_map(|node| {
        let operation = node.operation.as_ref()?;
        Some((node.url.as_str(), operation))
    });
    let operations: Vec<_> = operations.collect();
    let refused = operations
        .iter()
        .filter_map(|(url, operation)| match operation {
            Err(failure) if is_refusal(failure) => Some((*url, failure)),
            Err(_) | Ok(()) => None,
        });
    let refused: Vec<_> = refused.collect();
    let accepted = operations
        .iter()
        .filter(|(_, operation)| operation.is_ok())
        .count();
    vec![match (refused.first(), is_enforced, accepted) {
        (Some((_, failure)), _, _) => refusal(credentials, &refused, failure, accepted),
        (None, Some(false), _) => Finding::skipped(
            CHECK_CREDENTIALS,
            "authorization is off, so signatures are not looked at",
        ),
        (None, Some(true), 1..) => {
            let role = &credentials.access_key;
            let title = format!("{} the role `{role}`", accepts(accepted));
            Finding::passed(CHECK_CREDENTIALS, title)
        }
        (None, Some(true) | None, _) => {
            Finding::skipped(CHECK_CREDENTIALS, evidence.facts.skip_reason())
        }
    }]
}

fn refusal(
    credentials: &Credentials,
    refused: &[(&str, &Failure)],
    failure: &Failure,
    accepted: usize,
) -> Finding {
    let role = &credentials.access_key;
    let mut title = format!(
        "The role `{role}` is refused by {}",
        count(refused.len(), "node")
    );
    if accepted > 0 {
        title.push_str(&format!(", and accepted by {accepted}"));
    }
    let detail = refused
        .iter()
        .map(|(url, failure)| format!("{url}: {failure}"));
    let finding = Finding::failed(CHECK_CREDENTIALS, title).detail(detail);
    let role = role.replace('\'', "''");
    if failure.text.contains("Signature expired") || failure.text.contains("not yet current") {
        finding.advise("The clocks differ by more than 15 minutes: see the check `clock-skew`")
    } else if failure.text.contains("not found") {
        finding.advise(format!(
            "The role does not exist, or may not log in: see SELECT can_login FROM system.roles WHERE role = \
             '{role}'; in cqlsh"
        ))
    } else if failure.is("AccessDeniedException") {
        finding
            .advise("Grant the role what it needs: see LIST ALL PERMISSIONS OF the role, in cqlsh")
    } else {
        let finding = finding.advise(format!(
            "The secret must be the role's salted hash: SELECT salted_hash FROM system.roles WHERE role = \
             '{role}'; in cqlsh"
        ));
        match credentials.secret_key.starts_with('$') {
            true => finding,
            false => {
                finding.advise("The secret that is given is no salted hash, which begins with $")
            }
        }
    }
}

pub(super) fn check_access_key(evidence: Evidence<'_>) -> Vec<Finding> {
    let Some(credentials) = &evidence.arguments.credentials else {
        return vec![Finding::skipped(
            CHECK_ACCESS_KEY,
            "no credentials are given",
        )];
    };
    if !is_key_of_aws(&credentials.access_key) {
        let title = "The access key is the name of a role, and no key of AWS";
        return vec![Finding::passed(CHECK_ACCESS_KEY, title)];
    }
    let finding = match is_enforced(evidence) {
        Some(false) => Finding::warning(
            CHECK_ACCESS_KEY,
            "The access key is one of AWS, which is refused once authorization is enforced",
        ),
        Some(true) | None => Finding::failed(CHECK_ACCESS_KEY, "The access key is one of AWS"),
    };
    vec![finding.advise(
        "Use the name of a ScyllaDB role as access key and its salted_hash as secret, or .no_credentials() and \
         AuthMode::Unsigned without authorization",
    )]
}

/// Returns true if it has the form of AWS's access keys: long-term ones begin with AKIA, temporary ones with ASIA.
fn is_key_of_aws(access_key: &str) -> bool {
    let is_prefixed = access_key.starts_with("AKIA") || access_key.starts_with("ASIA");
    let is_upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    is_prefixed && access_key.len() >= 16 && access_key.bytes().all(is_upper)
}

fn accepts(nodes: usize) -> String {
    match nodes {
        1 => "1 node accepts".to_owned(),
        _ => format!("{nodes} nodes accept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_aws_are_recognised_by_their_form() {
        for (key, expected) in [
            ("AKIAIOSFODNN7EXAMPLE", true),
            ("ASIAIOSFODNN7EXAMPLE", true),
            ("AKIA", false),
            ("AKIA_application_role", false),
            ("app", false),
        ] {
            assert_eq!(is_key_of_aws(key), expected, "{key}");
        }
    }
}
