//! Lambda's [runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), by which a function fetches
//! its invocations: as much of it as one function needs.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use examples::Error;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// The end of the deadline, which the functions here do not look at: some time in 2100.
const DEADLINE: &str = "4102444800000";

#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<Value>,
    results: mpsc::Receiver<Result<Value, String>>,
    // Ends the API when it is dropped.
    _server: JoinSet<io::Result<()>>,
}

/// The side of the function.
#[derive(Clone)]
struct Invocations {
    events: Arc<Mutex<mpsc::Receiver<Value>>>,
    results: mpsc::Sender<Result<Value, String>>,
}

impl RuntimeApi {
    pub(crate) async fn serve() -> Result<Self, Error> {
        let (events, waiting) = mpsc::channel(1);
        let (sender, results) = mpsc::channel(1);
        let invocations = Invocations {
            events: Arc::new(Mutex::new(waiting)),
            results: sender,
        };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(invocations);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(axum::serve(listener, router).into_future());
        Ok(Self {
            address,
            events,
            results,
            _server: server,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Invokes the function with an event, and waits for its response.
    pub(crate) async fn invoke(&mut self, event: Value) -> Result<Value, Error> {
        self.events.send(event).await?;
        let result = self.results.recv().await.ok_or("the API has ended")?;
        result.map_err(|error| format!("the function failed: {error}").into())
    }
}

/// Waits for the next invocation, as long as it takes.
async fn next(State(invocations): State<Invocations>) -> Response {
    let Some(event) = invocations.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "invocation"),
        ("lambda-runtime-deadline-ms", DEADLINE),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:::function:visits",
        ),
    ];
    (headers, Json(event)).into_response()
}

async fn response(
    State(invocations): State<Invocations>,
    Path(_): Path<String>,
    response: Bytes,
) -> StatusCode {
    let response = serde_json::from_slice(&response).map_err(|error| error.to_string());
    end(&invocations, response).await
}

async fn error(
    State(invocations): State<Invocations>,
    Path(_): Path<String>,
    error: Bytes,
) -> StatusCode {
    let error = String::from_utf8_lossy(&error).into_owned();
    end(&invocations, Err(error)).await
}

async fn end(invocations: &Invocations, result: Result<Value, String>) -> StatusCode {
    match invocations.results.send(result).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
