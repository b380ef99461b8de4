//! The usual operations of an application, with the plugin.

use crate::support::{Backend, Table, n, s};
use alternator_lb_sdk::AlternatorExt as _;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    DeleteRequest, KeysAndAttributes, PutRequest, ReturnValue, WriteRequest,
};

async fn client_and_table() -> (Backend, Client, Table) {
    let backend = Backend::start();
    let alternator = backend.builder().build().unwrap();
    let client = Client::from_conf(backend.config().alternator(&alternator).build());
    let table = Table::create(&client).await;
    (backend, client, table)
}

#[tokio::test]
async fn items_are_created_read_updated_and_deleted() {
    let (_backend, client, table) = client_and_table().await;
    for number in 0..9 {
        let (pk, name) = (s(format!("item {number}")), &table.name);
        let put = client.put_item().table_name(name);
        put.item("pk", pk.clone())
            .item("sk", s("-"))
            .item("value", n(number))
            .send()
            .await
            .unwrap();

        let get = client.get_item().table_name(name).consistent_read(true);
        let found = get
            .key("pk", pk.clone())
            .key("sk", s("-"))
            .send()
            .await
            .unwrap();
        assert_eq!(found.item.unwrap()["value"], n(number));

        let update = client.update_item().table_name(name);
        let updated = update
            .key("pk", pk.clone())
            .key("sk", s("-"))
            .update_expression("ADD #v :one")
            .expression_attribute_names("#v", "value")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .unwrap();
        assert_eq!(updated.attributes.unwrap()["value"], n(number + 1));

        let delete = client.delete_item().table_name(name);
        let deleted = delete
            .key("pk", pk.clone())
            .key("sk", s("-"))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .unwrap();
        assert_eq!(deleted.attributes.unwrap()["value"], n(number + 1));

        let get = client.get_item().table_name(name).consistent_read(true);
        let deleted_item = get.key("pk", pk).key("sk", s("-")).send().await.unwrap();
        assert_eq!(deleted_item.item, None);
    }
    table.delete(&client).await;
}

#[tokio::test]
async fn failed_condition_is_returned_to_the_application() {
    let (_backend, client, table) = client_and_table().await;
    let put = || {
        let put = client.put_item().table_name(&table.name);
        put.item("pk", s("once"))
            .item("sk", s("-"))
            .condition_expression("attribute_not_exists(pk)")
            .send()
    };
    put().await.unwrap();
    let error = put().await.unwrap_err().into_service_error();
    assert!(error.is_conditional_check_failed_exception(), "{error:?}");
    table.delete(&client).await;
}

#[tokio::test]
async fn queries_page_through_a_partition_over_several_nodes() {
    let (_backend, client, table) = client_and_table().await;
    for number in 0..20 {
        let put = client.put_item().table_name(&table.name);
        put.item("pk", s("one"))
            .item("sk", s(format!("{number:02}")))
            .send()
            .await
            .unwrap();
    }
    let pages = client
        .query()
        .table_name(&table.name)
        .consistent_read(true)
        .key_condition_expression("pk = :pk AND sk >= :from")
        .expression_attribute_values(":pk", s("one"))
        .expression_attribute_values(":from", s("05"))
        .limit(4)
        .into_paginator()
        .items()
        .send();
    let items = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    let found: Vec<_> = items.into_iter().map(|item| item["sk"].clone()).collect();
    let expected: Vec<_> = (5..20).map(|number| s(format!("{number:02}"))).collect();
    assert_eq!(found, expected);
    table.delete(&client).await;
}

#[tokio::test]
async fn batches_write_read_and_delete_items() {
    let (_backend, client, table) = client_and_table().await;
    let keys = || (0..20).map(|number| s(format!("item {number}")));
    let write = async |request: fn(_) -> WriteRequest| {
        let requests = keys().map(request).collect();
        let batch = client.batch_write_item();
        batch
            .request_items(&table.name, requests)
            .send()
            .await
            .unwrap();
    };
    let read = async || {
        let mut expected = KeysAndAttributes::builder().consistent_read(true);
        for pk in keys() {
            expected = expected.keys([("pk".into(), pk), ("sk".into(), s("-"))].into());
        }
        let batch = client.batch_get_item();
        let found = batch.request_items(&table.name, expected.build().unwrap());
        let found = found.send().await.unwrap().responses.unwrap();
        found.get(&table.name).map_or(0, Vec::len)
    };

    write(|pk| {
        let put = PutRequest::builder().item("pk", pk).item("sk", s("-"));
        let put = put.build().unwrap();
        WriteRequest::builder().put_request(put).build()
    })
    .await;
    assert_eq!(read().await, 20);

    write(|pk| {
        let delete = DeleteRequest::builder().key("pk", pk).key("sk", s("-"));
        let delete = delete.build().unwrap();
        WriteRequest::builder().delete_request(delete).build()
    })
    .await;
    assert_eq!(read().await, 0);
    table.delete(&client).await;
}
