//! Invalid settings, and the messages of their errors.

use alternator_lb_sdk::{Alternator, BuildError, Builder, Scope};
use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use std::time::Duration;

const SEED: &str = "http://10.0.0.1:8000";

fn error_of(builder: Builder) -> BuildError {
    builder.build().expect_err("bad settings")
}

fn expect_seed_error(seed: &str, is_expected: fn(&BuildError) -> bool, advice: &str) {
    for seeds in [vec![seed], vec![SEED, seed]] {
        let error = error_of(Alternator::builder().seeds(seeds));
        assert!(is_expected(&error), "{seed}: {error:?}");
        let text = error.to_string();
        assert!(
            text.contains(&format!("`{seed}`")) && text.contains(advice),
            "{text}"
        );
    }
}

#[test]
fn missing_seed_is_an_error() {
    let error = error_of(Alternator::builder());
    assert!(matches!(error, BuildError::NoSeed), "{error:?}");
    assert!(error.to_string().contains(".seeds(["), "{error}");
}

#[test]
fn unparsable_seed_is_an_error() {
    for seed in ["http://", "http://[::1", "http://10.0.0.1:99999"] {
        expect_seed_error(
            seed,
            |e| matches!(e, BuildError::UnparsableSeed { .. }),
            "http://10.0.0.1:8000",
        );
    }
}

#[test]
fn seed_with_unsupported_scheme_is_an_error() {
    for seed in ["ftp://10.0.0.1:8000", "10.0.0.1:8000", "localhost:8000"] {
        expect_seed_error(
            seed,
            |e| matches!(e, BuildError::SeedScheme { .. }),
            "http://",
        );
    }
}

#[test]
fn seed_with_path_query_user_info_or_fragment_is_an_error() {
    for (seed, what) in [
        ("http://10.0.0.1:8000/path", "path"),
        ("http://10.0.0.1:8000?dc=dc1", "query"),
        ("http://me:secret@10.0.0.1:8000", "user info"),
        ("http://10.0.0.1:8000#here", "fragment"),
    ] {
        expect_seed_error(seed, |e| matches!(e, BuildError::SeedExtra { .. }), what);
    }
}

#[test]
fn seed_with_unspecified_host_or_port_zero_is_an_error() {
    for seed in ["http://0.0.0.0:8000", "http://10.0.0.1:0"] {
        expect_seed_error(
            seed,
            |e| matches!(e, BuildError::SeedHost { .. }),
            "host and port",
        );
    }
}

#[test]
fn aws_endpoint_as_seed_is_an_error() {
    let seed = "https://dynamodb.us-east-1.amazonaws.com";
    expect_seed_error(
        seed,
        |e| matches!(e, BuildError::AwsSeed { .. }),
        "ScyllaDB Alternator",
    );
}

#[tokio::test]
async fn endpoint_of_any_aws_partition_as_seed_is_an_error() {
    let resolver = DefaultResolver::new();
    for region in [
        "us-east-1",
        "cn-north-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
        "us-gov-west-1",
    ] {
        for (dual_stack, fips) in [(false, false), (true, false), (false, true), (true, true)] {
            let params = Params::builder()
                .region(region.to_owned())
                .use_dual_stack(dual_stack)
                .use_fips(fips);
            let params = params.build().unwrap();
            let endpoint = resolver.resolve_endpoint(&params).await.unwrap();
            let error = error_of(Alternator::builder().seeds([endpoint.url()]));
            assert!(matches!(error, BuildError::AwsSeed { .. }), "{error:?}");
        }
    }
}

#[test]
fn network_that_is_none_is_an_error() {
    let with_networks = |networks: &[&str]| {
        let networks = networks.iter().copied();
        error_of(
            Alternator::builder()
                .seeds([SEED])
                .allowed_addresses(networks),
        )
    };
    let error = with_networks(&["10.0.0.0/8", "10.0.0.0/99"]);
    assert!(
        matches!(error, BuildError::InvalidNetwork { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("`10.0.0.0/99`"), "{error}");
    let error = with_networks(&[]);
    assert!(matches!(error, BuildError::NoNetwork), "{error:?}");
    let error = with_networks(&["192.168.0.0/16"]);
    assert!(
        matches!(error, BuildError::SeedNotAllowed { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains(SEED), "{error}");
}

#[test]
fn seeds_with_different_schemes_or_ports_are_an_error() {
    for other in [
        "https://10.0.0.2:8000",
        "http://10.0.0.2:8001",
        "http://10.0.0.2",
    ] {
        let error = error_of(Alternator::builder().seeds([SEED, other]));
        assert!(matches!(error, BuildError::SeedsDiffer { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(SEED) && text.contains(other) && text.contains("alike"),
            "{text}"
        );
    }
}

#[test]
fn empty_datacenter_or_rack_name_is_an_error() {
    let with = |scope| error_of(Alternator::builder().seeds([SEED]).scope(scope));
    for scope in [
        Scope::datacenter(""),
        Scope::rack(" ", "r1"),
        Scope::cluster().or(Scope::datacenter("")),
    ] {
        let error = with(scope);
        assert!(matches!(error, BuildError::EmptyDatacenter), "{error:?}");
        assert!(error.to_string().contains("nodetool status"), "{error}");
    }
    let error = with(Scope::datacenter("dc1").or(Scope::rack("dc1", "")));
    assert!(matches!(error, BuildError::EmptyRack), "{error:?}");
    assert!(error.to_string().contains("Scope::datacenter"), "{error}");
}

#[test]
fn zero_refresh_interval_is_an_error() {
    let seeded = || Alternator::builder().seeds([SEED]);
    for (builder, setting) in [
        (
            seeded().refresh_interval(Duration::ZERO),
            "`.refresh_interval(..)`",
        ),
        (
            seeded().idle_refresh_interval(Duration::ZERO),
            "`.idle_refresh_interval(..)`",
        ),
    ] {
        let error = error_of(builder);
        assert!(
            matches!(error, BuildError::ZeroInterval { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(setting), "{error}");
    }
}

#[test]
fn extreme_refresh_intervals_are_valid() {
    for interval in [Duration::from_nanos(1), Duration::MAX] {
        let builder = Alternator::builder()
            .seeds([SEED])
            .refresh_interval(interval);
        builder.idle_refresh_interval(interval).build().unwrap();
    }
}
