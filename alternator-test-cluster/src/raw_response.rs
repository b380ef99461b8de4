//! Responses that a test sets in place of a node's own.

use bytes::Bytes;

/// A response in place of a node's own, from [`Node::set_response`](crate::Node::set_response) on: the recorded answer
/// of a real server, or that of another program at the node's address.
///
/// ```
/// use alternator_test_cluster::{RawResponse, TestCluster};
///
/// # fn main() -> Result<(), alternator_test_cluster::StartError> {
/// let cluster = TestCluster::builder().start()?;
/// let page = RawResponse::new(200, "<html>It works!</html>").content_type("text/html");
/// cluster.node(1).set_response(page.to_all_requests());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a response is in force once a node has it"]
pub struct RawResponse {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) share: f64,
    pub(crate) is_for_all_requests: bool,
}

impl RawResponse {
    /// Creates the response to all DynamoDB operations, with the content type of Alternator. A status outside 100 to
    /// 999 counts as 500.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            body: Bytes::from(body.into()),
            headers: Vec::new(),
            share: 1.0,
            is_for_all_requests: false,
        }
    }

    /// Sets the content type.
    ///
    /// # Default
    ///
    /// `application/x-amz-json-1.0`.
    pub fn content_type(self, value: impl Into<String>) -> Self {
        self.header("content-type", value)
    }

    /// Sets a header. One that is not valid in HTTP is left out.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Responds to this share of the operations only, spread as for [`Fault::ServerError`](crate::Fault::ServerError).
    /// The others are executed.
    ///
    /// # Default
    ///
    /// 1: all.
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }

    /// Responds to every request, also to `/localnodes` and `GET /`, as another program at the address does.
    ///
    /// # Default
    ///
    /// Only DynamoDB operations.
    pub fn to_all_requests(mut self) -> Self {
        self.is_for_all_requests = true;
        self
    }
}
