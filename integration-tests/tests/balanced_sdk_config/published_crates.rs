//! Crates of others, which know nothing of the plugin and take a client of the SDK's.

use super::{balanced_client, requests, sdk_config};
use crate::support::{Table as TestTable, quick_retries, test_cluster};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use modyne::keys::{FullKey, Key, KeyDefinition, PrimaryKey, PrimaryKeyDefinition};
use modyne::{Entity, EntityDef, EntityExt as _, ProjectionExt as _, Table};
use serde::{Deserialize, Serialize};

fn expect_all_used(cluster: &TestCluster) {
    let requests = requests(cluster);
    assert!(requests.iter().all(|count| *count > 0), "{requests:?}");
}

/// A table with the partition key of `dynamodb_lease`.
async fn create_lease_table(client: &Client, name: &str) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("key")
        .attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder()
        .attribute_name("key")
        .key_type(KeyType::Hash);
    let create = client.create_table().table_name(name);
    let create = create.billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute.build().unwrap());
    let create = create.key_schema(key.build().unwrap());
    create.send().await.unwrap();
    let expiry = TimeToLiveSpecification::builder().attribute_name("lease_expiry");
    let expiry = expiry.enabled(true).build().unwrap();
    let update = client.update_time_to_live().table_name(name);
    let update = update.time_to_live_specification(expiry);
    update.send().await.unwrap();
}

#[tokio::test]
async fn leases_of_dynamodb_lease_outlive_a_node() {
    let cluster = test_cluster!();
    let config = sdk_config().retry_config(quick_retries());
    let (_alternator, client) = balanced_client(&cluster, config).await;
    create_lease_table(&client, "leases").await;
    let leases = async || {
        let leases = dynamodb_lease::Client::builder().table_name("leases");
        leases.build_and_check_db(client.clone()).await.unwrap()
    };
    let (first, second) = (leases().await, leases().await);
    cluster.node(1).stop();
    for job in 0..9 {
        let job = format!("job-{job}");
        let lease = first.try_acquire(&job).await.unwrap().unwrap();
        assert!(second.try_acquire(&job).await.unwrap().is_none());
        lease.release().await.unwrap();
        let lease = second.try_acquire(&job).await.unwrap();
        lease.unwrap().release().await.unwrap();
    }
    let requests = requests(&cluster);
    assert!(requests[0] > 9 && requests[2] > 9, "{requests:?}");
}

/// The database of an application that uses `modyne`.
struct Store {
    table: String,
    client: Client,
}

impl Table for Store {
    type PrimaryKey = VisitKey;
    type IndexKeys = ();

    fn table_name(&self) -> &str {
        &self.table
    }

    fn client(&self) -> &Client {
        &self.client
    }
}

#[derive(Debug, Serialize)]
struct VisitKey {
    pk: String,
    sk: String,
}

impl PrimaryKey for VisitKey {
    const PRIMARY_KEY_DEFINITION: PrimaryKeyDefinition = PrimaryKeyDefinition {
        hash_key: "pk",
        range_key: Some("sk"),
    };
}

impl Key for VisitKey {
    const DEFINITION: KeyDefinition =
        <Self as PrimaryKey>::PRIMARY_KEY_DEFINITION.into_key_definition();
}

#[derive(Debug, PartialEq, EntityDef, Serialize, Deserialize)]
struct Visit {
    visitor: String,
    pages: u32,
}

impl Entity for Visit {
    type KeyInput<'a> = &'a str;
    type Table = Store;
    type IndexKeys = ();

    fn primary_key(visitor: &str) -> VisitKey {
        VisitKey {
            pk: visitor.to_owned(),
            sk: "visit".to_owned(),
        }
    }

    fn full_key(&self) -> FullKey<VisitKey, ()> {
        FullKey {
            primary: Self::primary_key(&self.visitor),
            indexes: (),
        }
    }
}

#[tokio::test]
async fn entities_of_modyne_are_stored_and_found_on_all_nodes() {
    let cluster = test_cluster!();
    let config = sdk_config().retry_config(quick_retries());
    let (_alternator, client) = balanced_client(&cluster, config).await;
    let table = TestTable::create(&client).await;
    let store = Store {
        table: table.name.clone(),
        client: client.clone(),
    };
    cluster.reset_counters();
    for (number, pages) in (0..12).enumerate() {
        // From the middle on one node is ill.
        if number == 6 {
            cluster.node(2).inject(Fault::ServerError { share: 1.0 });
        }
        let visitor = format!("visitor-{number}");
        let visit = || Visit {
            visitor: visitor.clone(),
            pages,
        };
        visit().create().execute(&store).await.unwrap();
        let found = Visit::get(&visitor).execute(&store).await.unwrap();
        let found = Visit::from_item(found.item.unwrap()).unwrap();
        assert_eq!(found, visit());
        // A condition that fails is an answer, and not retried.
        let again = visit().create().execute(&store).await.unwrap_err();
        assert!(
            again
                .into_service_error()
                .is_conditional_check_failed_exception()
        );
    }
    expect_all_used(&cluster);
    table.delete(&client).await;
}
