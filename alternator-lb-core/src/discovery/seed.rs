//! Parses the addresses that an application configures.

use super::AllowedAddresses;
use crate::topology::{Host, NodeUrl, Scheme};
use url::Url;

/// Why an address cannot be a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedError {
    /// There is no seed.
    Missing,
    /// This text is no URL: the error of the parser.
    Unparsable(String, url::ParseError),
    /// The scheme of this seed is neither `http` nor `https`.
    Scheme(String),
    /// This seed has more than a scheme, a host and a port: the superfluous part, with its article.
    Extra(String, &'static str),
    /// The host or port of this seed cannot be connected to.
    Host(String),
    /// This seed is an endpoint of AWS.
    Aws(String),
    /// The address of this seed is in none of the allowed networks.
    NotAllowed(String),
    /// The scheme or port of this seed differs from that of the first one.
    Differs {
        /// As configured.
        seed: String,
        /// The first seed.
        first: String,
    },
}

/// Parses the seeds; keeps their order, without duplicates. The scheme of the first is that of every node, and so is
/// its port unless seeds may `differ_in_port`. Addresses must be `allowed`.
///
/// # Errors
/// The first problem found.
pub fn parse_seeds(
    seeds: &[String],
    differ_in_port: bool,
    allowed: &AllowedAddresses,
) -> Result<Vec<NodeUrl>, SeedError> {
    let mut parsed: Vec<NodeUrl> = Vec::with_capacity(seeds.len());
    for seed in seeds {
        let url = parse_seed(seed)?;
        if url.ip().is_some_and(|ip| !allowed.allows_seed(ip)) {
            return Err(SeedError::NotAllowed(seed.clone()));
        }
        if let Some(first) = parsed.first()
            && (first.scheme() != url.scheme() || (!differ_in_port && first.port() != url.port()))
        {
            return Err(SeedError::Differs {
                seed: seed.clone(),
                first: first.to_string(),
            });
        }
        if !parsed.contains(&url) {
            parsed.push(url);
        }
    }
    match parsed.is_empty() {
        true => Err(SeedError::Missing),
        false => Ok(parsed),
    }
}

/// Parses `http(s)://host[:port]`.
///
/// # Errors
/// Why the address cannot be a seed.
pub fn parse_seed(seed: &str) -> Result<NodeUrl, SeedError> {
    let owned = || seed.to_owned();
    let url = Url::parse(seed.trim()).map_err(|reason| match has_scheme(seed) {
        true => SeedError::Unparsable(owned(), reason),
        false => SeedError::Scheme(owned()),
    })?;
    let scheme = match url.scheme() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return Err(SeedError::Scheme(owned())),
    };
    if let Some(what) = extra(&url) {
        return Err(SeedError::Extra(owned(), what));
    }
    let host = match url.host() {
        Some(url::Host::Ipv4(ip)) => Host::Ip(ip.into()),
        Some(url::Host::Ipv6(ip)) => Host::Ip(ip.into()),
        Some(url::Host::Domain(name)) if is_aws(name) => return Err(SeedError::Aws(owned())),
        Some(url::Host::Domain(name)) => Host::Name(name.into()),
        None => return Err(SeedError::Host(owned())),
    };
    let url = match url.port_or_known_default() {
        Some(port) if port != 0 => Some(NodeUrl::new(scheme, host, port)),
        _ => None,
    };
    url.filter(|url| can_be_connected(url.host()))
        .ok_or_else(|| SeedError::Host(owned()))
}

/// `10.0.0.1:8000` parses as a URL with an unknown scheme, or not at all.
fn has_scheme(seed: &str) -> bool {
    seed.contains("://")
}

fn can_be_connected(host: &Host) -> bool {
    match host {
        Host::Ip(ip) => AllowedAddresses::default().allows_seed(*ip),
        // Others are allowed in a URL, but not in the URI of a request.
        Host::Name(name) => name.bytes().all(is_of_name),
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// A path, query or user of a seed would be ignored silently, since it could not apply to the other nodes.
fn extra(url: &Url) -> Option<&'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        Some("user info")
    } else if !matches!(url.path(), "" | "/") {
        Some("a path")
    } else if url.query().is_some() {
        Some("a query")
    } else if url.fragment().is_some() {
        Some("a fragment")
    } else {
        None
    }
}

/// The domains under which AWS serves DynamoDB, of all its partitions: the plain one and the one for IPv4 and IPv6.
const AWS_DOMAINS: [&str; 14] = [
    "amazonaws.com",
    "api.aws",
    "amazonaws.com.cn",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "api.aws.ic.gov",
    "sc2s.sgov.gov",
    "api.aws.scloud",
    "cloud.adc-e.uk",
    "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws.hci.ic.gov",
];

/// Returns whether a name is in a domain under which AWS serves DynamoDB.
fn is_aws(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    AWS_DOMAINS.iter().any(|domain| {
        let prefix = name.strip_suffix(domain);
        prefix.is_some_and(|prefix| {
            (prefix.is_empty() || prefix.ends_with('.')) && !is_private_link(prefix)
        })
    })
}

/// Returns whether a name in a domain of AWS is that of a PrivateLink endpoint which leads to a customer's service, as
/// ScyllaDB Cloud's: `vpce-….vpce-svc-….us-east-1.vpce.`. An endpoint that leads to DynamoDB names that instead.
fn is_private_link(prefix: &str) -> bool {
    let mut labels = prefix.trim_end_matches('.').rsplit('.');
    let (vpce, _region, service) = (labels.next(), labels.next(), labels.next());
    vpce == Some("vpce") && service.is_some_and(|service| service.starts_with("vpce-svc-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(seed: &str) -> String {
        parse_seed(seed).unwrap().to_string()
    }

    #[test]
    fn seeds_are_urls_of_hosts() {
        assert_eq!(parsed("http://10.0.0.1:8000"), "http://10.0.0.1:8000");
        assert_eq!(parsed(" http://10.0.0.1:8000/ "), "http://10.0.0.1:8000");
        assert_eq!(parsed("http://10.0.0.1"), "http://10.0.0.1:80");
        assert_eq!(
            parsed("https://db.Example.com"),
            "https://db.example.com:443"
        );
        assert_eq!(
            parsed("https://[2001:DB8::1]:8043"),
            "https://[2001:db8::1]:8043"
        );
    }

    #[test]
    fn invalid_seed_is_refused_with_the_reason() {
        let extra = |seed: &str, what| {
            assert_eq!(parse_seed(seed), Err(SeedError::Extra(seed.into(), what)));
        };
        extra("http://10.0.0.1:8000/alternator", "a path");
        extra("http://10.0.0.1:8000?dc=dc1", "a query");
        extra("http://10.0.0.1:8000#x", "a fragment");
        extra("http://me:secret@10.0.0.1:8000", "user info");

        for seed in ["10.0.0.1:8000", "db.example:8000", "ftp://10.0.0.1", ""] {
            assert_eq!(
                parse_seed(seed),
                Err(SeedError::Scheme(seed.into())),
                "{seed}"
            );
        }
        for seed in [
            "http://",
            "http://10.0.0.1:99999",
            "http://[::1",
            "http://a b",
        ] {
            assert!(
                matches!(parse_seed(seed), Err(SeedError::Unparsable(..))),
                "{seed}"
            );
        }
        for seed in [
            "http://0.0.0.0:8000",
            "http://224.0.0.1:8000",
            "http://10.0.0.1:0",
            "http://[::ffff:0.0.0.0]:8000",
            "http://{db}:8000",
            "http://a\"b:8000",
        ] {
            assert_eq!(
                parse_seed(seed),
                Err(SeedError::Host(seed.into())),
                "{seed}"
            );
        }
    }

    #[test]
    fn endpoint_of_aws_is_refused() {
        for seed in [
            "https://dynamodb.us-east-1.amazonaws.com",
            "https://123456789012.ddb.eu-west-1.amazonaws.com",
            "https://dynamodb.cn-north-1.amazonaws.com.cn",
            "https://dynamodb.us-east-1.api.aws",
            "https://DynamoDB.us-east-1.AmazonAWS.com.",
        ] {
            assert_eq!(parse_seed(seed), Err(SeedError::Aws(seed.into())), "{seed}");
        }
        assert!(parse_seed("https://notamazonaws.com").is_ok());
    }

    #[test]
    fn private_link_endpoint_is_accepted_unless_it_leads_to_dynamodb() {
        let endpoint = |service: &str| {
            let name = format!("vpce-0a1b2c3d-4e5f.{service}.us-east-1.vpce.amazonaws.com");
            parse_seed(&format!("https://{name}:8043"))
        };
        assert!(endpoint("vpce-svc-0123456789abcdef0").is_ok());
        assert!(matches!(endpoint("dynamodb"), Err(SeedError::Aws(_))));
        for other in [
            "https://vpce-svc-0.dynamodb.us-east-1.amazonaws.com",
            "https://vpce-svc-0.vpce.dynamodb.us-east-1.amazonaws.com",
        ] {
            assert_eq!(parse_seed(other), Err(SeedError::Aws(other.into())));
        }
    }

    #[test]
    fn seed_outside_of_the_allowed_networks_is_refused() {
        let allowed = AllowedAddresses::in_networks(&["10.0.0.0/8".to_owned()]).unwrap();
        let parsed = |seed: &str| parse_seeds(&[seed.to_owned()], false, &allowed);
        assert!(parsed("http://10.0.0.1:8000").is_ok());
        assert!(parsed("http://[::ffff:10.0.0.1]:8000").is_ok());
        assert!(
            parsed("http://db:8000").is_ok(),
            "its addresses are checked"
        );
        let other = "http://192.168.0.1:8000";
        assert_eq!(parsed(other), Err(SeedError::NotAllowed(other.to_owned())));
    }

    #[test]
    fn seeds_share_scheme_and_port_and_have_no_duplicates() {
        let seeds = |seeds: &[&str]| {
            parse_seeds(
                &seeds.iter().map(|&s| s.to_owned()).collect::<Vec<_>>(),
                false,
                &AllowedAddresses::default(),
            )
        };
        assert_eq!(seeds(&[]), Err(SeedError::Missing));
        assert_eq!(
            seeds(&["http://a:1", "http://b:1", "http://A:1/"])
                .unwrap()
                .len(),
            2
        );
        let notations = seeds(&["http://10.0.0.1:1", "http://[::ffff:10.0.0.1]:1"]);
        assert_eq!(notations.unwrap().len(), 1);
        for other in ["https://b:1", "http://b:2"] {
            assert_eq!(
                seeds(&["http://a:1", other]),
                Err(SeedError::Differs {
                    seed: other.into(),
                    first: "http://a:1".into()
                })
            );
        }
    }
}
