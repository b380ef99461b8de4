//! Proxies in the environment that would intercept the requests to the nodes.

use crate::support::{Log, config, http_client, is_child, run_in_child_process, this_test};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use aws_sdk_dynamodb::config::Builder;

const SEEDS: [&str; 2] = ["http://192.0.2.1:8000", "http://192.0.2.2:8000"];
/// The proxy does not need to exist.
const PROXY: (&str, &str) = ("HTTP_PROXY", "http://127.0.0.1:9");

/// Installs the plugin twice on these settings, and returns the warnings about proxies. Makes no request, and needs no
/// runtime.
fn warnings(settings: fn() -> Builder) -> Vec<String> {
    let log = Log::capture();
    for _ in 0..2 {
        let alternator = Alternator::builder().seeds(SEEDS).build().unwrap();
        let _ = settings().alternator(&alternator);
    }
    log.warnings("NO_PROXY")
}

#[test]
fn proxy_for_node_addresses_is_warned_of_once() {
    if is_child() {
        let warnings = warnings(config);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(SEEDS[0]), "{warnings:?}");
        return;
    }
    run_in_child_process(this_test!(), &[PROXY]);
}

#[test]
fn proxy_with_all_nodes_in_no_proxy_causes_no_warning() {
    if is_child() {
        assert_eq!(warnings(config), Vec::<String>::new());
        return;
    }
    for nodes in ["192.0.2.1,192.0.2.2", "192.0.2.0/24"] {
        run_in_child_process(this_test!(), &[PROXY, ("NO_PROXY", nodes)]);
    }
}

#[test]
fn warning_names_the_node_missing_from_no_proxy() {
    if is_child() {
        let warnings = warnings(config);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(SEEDS[1]), "{warnings:?}");
        return;
    }
    run_in_child_process(this_test!(), &[PROXY, ("NO_PROXY", "192.0.2.1")]);
}

#[test]
fn applications_http_client_causes_no_proxy_warning() {
    if is_child() {
        let own = || config().http_client(http_client());
        assert_eq!(warnings(own), Vec::<String>::new());
        return;
    }
    run_in_child_process(this_test!(), &[PROXY]);
}
