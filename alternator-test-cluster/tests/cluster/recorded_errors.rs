//! Errors that equal those of a real server. Those for lack of replicas are tested with quorums.

use alternator_test_cluster::TestCluster;

use crate::http::{Request, send};
use crate::recordings::assert_recorded_error;

#[test]
fn errors_of_requests_are_the_recorded_ones() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let get = |body: &str| Request::operation("GetItem", body);
    let missing = get(r#"{"TableName": "nosuch", "Key": {"k": {"S": "a"}}}"#);
    let unknown = Request::operation("TransactGetItems", "{}");
    for (cause, request) in [
        ("no such table", missing),
        ("unknown operation", unknown),
        (
            "gzip that is not gzip",
            get("not compressed in any known form").header("Content-Encoding", "gzip"),
        ),
        (
            "unknown encoding",
            get("{}").header("Content-Encoding", "zstd"),
        ),
        ("not JSON", get("nonsense")),
    ] {
        assert_recorded_error(&send(&cluster.node(0), &request), cause);
    }
}
