//! The web service: counts visits in a table.

use alternator_lb_sdk::Alternator;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::get;
use examples::{Error, chain, create_table};
use serde::Serialize;

pub(crate) const TABLE: &str = "alternator-lb-sdk-axum";

/// The store of the service, which knows of no cluster. Clones share the client.
#[derive(Clone, Debug)]
pub(crate) struct Store(Client);

#[derive(Debug, Serialize)]
struct Visits {
    page: String,
    count: u64,
}

/// A failure, which the service passes on as its own.
struct Failure(Error);

impl Store {
    /// Makes the client as code does that has never heard of the plugin.
    pub(crate) fn new(sdk_config: &SdkConfig) -> Self {
        Self(Client::new(sdk_config))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0
    }

    pub(crate) async fn create(&self) -> Result<(), Error> {
        create_table(&self.0, TABLE, None).await
    }

    async fn add_visit(&self, page: String) -> Result<Visits, Failure> {
        let update = self.0.update_item().table_name(TABLE);
        let updated = update
            .key("id", AttributeValue::S(page.clone()))
            .update_expression("ADD visits :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await?;
        let count = count(updated.attributes.and_then(|mut it| it.remove("visits")))?;
        Ok(Visits { page, count })
    }

    async fn visits(&self, page: String) -> Result<Visits, Failure> {
        let get = self.0.get_item().table_name(TABLE).consistent_read(true);
        let found = get
            .key("id", AttributeValue::S(page.clone()))
            .send()
            .await?;
        let count = count(found.item.and_then(|mut item| item.remove("visits")))?;
        Ok(Visits { page, count })
    }
}

fn count(visits: Option<AttributeValue>) -> Result<u64, Failure> {
    let Some(AttributeValue::N(count)) = visits else {
        return Ok(0);
    };
    Ok(count.parse()?)
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl axum::response::IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        // The text names the nodes that were tried.
        (StatusCode::SERVICE_UNAVAILABLE, chain(&*self.0)).into_response()
    }
}

/// The routes: the visits of a page, and the readiness of the service.
pub(crate) fn router(store: Store, alternator: Alternator) -> Router {
    let visits = get(read).post(add).with_state(store);
    let ready = get(ready).with_state(alternator);
    Router::new()
        .route("/visits/{page}", visits)
        .route("/ready", ready)
}

async fn add(
    State(store): State<Store>,
    Path(page): Path<String>,
) -> Result<Json<Visits>, Failure> {
    store.add_visit(page).await.map(Json)
}

async fn read(
    State(store): State<Store>,
    Path(page): Path<String>,
) -> Result<Json<Visits>, Failure> {
    store.visits(page).await.map(Json)
}

/// Succeeds once the nodes are known and one was reached: for the readiness probe of an orchestrator. Requests do not
/// depend on it.
async fn ready(State(alternator): State<Alternator>) -> Result<&'static str, Failure> {
    alternator.ready().await?;
    Ok("ready")
}
