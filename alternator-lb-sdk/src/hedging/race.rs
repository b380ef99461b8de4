//! The race of two requests for the response to one read.

use super::{HedgeHandle, HedgeWin, SharedPlan};
use crate::auth::host;
use crate::retry::{attempt_end, connection_evidence, outcome};
use crate::transport::abort_handle::AbortHandle;
use crate::transport::sdk_endpoint::SdkPlan;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use futures_util::future::{Either, select};
use std::sync::Arc;

/// The parts of a race that are made before the first request is sent.
pub(crate) struct Start {
    handle: HedgeHandle,
    /// The second request, still with the address of the first.
    request: HttpRequest,
    /// The handle that aborts the first request.
    abort_handle: Option<AbortHandle>,
    /// The connection of the first request.
    capture: CaptureSmithyConnection,
}

impl Start {
    /// Prepares the second request of one that may be hedged.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        let handle = request.extension::<HedgeHandle>()?;
        let mut second = request.try_clone()?;
        let headers = second.headers_mut();
        if !headers.contains_key("host") {
            let host = host(request.uri())?.to_owned();
            headers.insert("host", host);
        }
        Some(Self {
            handle: handle.clone(),
            request: second,
            abort_handle: request.extension().cloned(),
            capture: request.extension().cloned().unwrap_or_else(marked),
        })
    }

    /// Selects the node of the second request and addresses it, if the budget and the nodes allow one.
    fn second(&mut self) -> Option<Second> {
        let hedging = Arc::clone(&self.handle.hedging);
        if !hedging.withdraw() {
            return None;
        }
        let second = self.addressed();
        match second {
            Some(_) => hedging.count_sent(),
            None => hedging.refund(),
        }
        second
    }

    fn addressed(&mut self) -> Option<Second> {
        let HedgeHandle { cluster, plan, .. } = &self.handle;
        let mut plan = plan.take()?;
        let (router, rng) = (&cluster.router, &mut fastrand::Rng::new());
        if !router.begin_hedge(&mut plan, cluster.now(), rng) {
            return None;
        }
        let endpoint = plan.current()?.node().extension();
        let request = &mut self.request;
        let url = endpoint.endpoint.url();
        request.uri_mut().set_endpoint(url).ok()?;
        if let Some(first) = &self.abort_handle {
            request.add_extension(first.for_endpoint(endpoint));
        }
        let capture = marked();
        request.add_extension(capture.clone());
        plan.mark_sent();
        Some(Second { plan, capture })
    }
}

/// A second request that is sent.
struct Second {
    plan: SdkPlan,
    capture: CaptureSmithyConnection,
}

impl Second {
    /// Returns the response, which came first, with what the interceptor is to know.
    fn win(
        self,
        mut response: HttpResponse,
        start: &Start,
        failure: Option<ConnectorError>,
    ) -> HttpResponse {
        start.handle.hedging.count_won();
        let failure = failure.map(|error| {
            let outcome = outcome::of_connector_error(&error, &start.capture);
            attempt_end::of_connector_error(&error, outcome)
        });
        response.add_extension(HedgeWin {
            plan: SharedPlan::new(self.plan),
            failure,
        });
        response
    }

    /// Records the evidence of a result that is of no use: an error says that no connection could be made, or that it
    /// broke. A response with an error says nothing here: its body would have to be read, and a
    /// node that fails shows it to other requests.
    fn lose(mut self, result: Result<HttpResponse, ConnectorError>, start: &Start) {
        if let Err(error) = result {
            let cluster = &start.handle.cluster;
            let outcome = outcome::of_connector_error(&error, &self.capture);
            cluster.settle(&mut self.plan, outcome, None, cluster.now());
        }
    }
}

/// Waits for the response of the first request, and sends a second one if it does not come in time. The first response
/// that is of use wins: any of the first request, whose errors the SDK classifies, and one with success of the second.
/// Dropping the other request closes its connection, as HTTP/1.1 has no other way to end it.
pub(crate) async fn race(
    first: HttpConnectorFuture,
    mut start: Start,
    call: impl Fn(HttpRequest) -> HttpConnectorFuture,
) -> Result<HttpResponse, ConnectorError> {
    let delay = start.handle.sleep.sleep(start.handle.delay);
    let first = match select(first, delay).await {
        Either::Left((result, _)) => return result,
        Either::Right(((), first)) => first,
    };
    let Some(second) = start.second() else {
        return first.await;
    };
    let request = std::mem::replace(&mut start.request, HttpRequest::empty());
    match select(first, call(request)).await {
        Either::Left((Ok(response), _)) => Ok(response),
        Either::Left((Err(error), other)) => match other.await {
            Ok(response) if response.status().is_success() => {
                Ok(second.win(response, &start, Some(error)))
            }
            result => {
                second.lose(result, &start);
                Err(error)
            }
        },
        Either::Right((Ok(response), _)) if response.status().is_success() => {
            Ok(second.win(response, &start, None))
        }
        Either::Right((result, first)) => {
            second.lose(result, &start);
            first.await
        }
    }
}

/// Makes the capture of a request's connection, [marked](connection_evidence::mark).
fn marked() -> CaptureSmithyConnection {
    let capture = CaptureSmithyConnection::new();
    connection_evidence::mark(&capture);
    capture
}
