use super::*;
use crate::operation::lwt::WriteKind;
use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{ComparisonOperator, Condition, DeleteRequest, PutRequest};
use std::fmt::Debug;

fn erased(input: impl Debug + Send + Sync + 'static) -> Input {
    Input::erase(input)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn token_of(value: &str) -> i64 {
    Token::of_key(KeyValue::Text(value)).unwrap().value()
}

/// The partitions of an operation on sources whose key is called `pk`, except for `other`'s, which is `id`, for the
/// index `by_owner`, which has `owner`, and for `unknown`.
fn partitions(input: &Input) -> Vec<(String, i64)> {
    let operation = ItemOperation::from_input(input).unwrap();
    let mut found = Vec::new();
    let key = |source: TableOrIndex<'_>| match (source.table, source.index) {
        ("unknown", _) => None,
        ("other", _) => Some("id"),
        (_, Some("by_owner")) => Some("owner"),
        _ => Some("pk"),
    };
    operation.for_each_source(|source| {
        let visit = |token: Token| found.push((source.table.to_owned(), token.value()));
        if let Some(key) = key(source) {
            operation.for_each_partition(source, key, visit);
        }
    });
    found.sort();
    found
}

fn get(attribute: &str, value: AttributeValue) -> Input {
    let input = GetItemInput::builder().table_name("t").key("sk", text("x"));
    erased(input.key(attribute, value).build().unwrap())
}

#[test]
fn key_of_a_single_item_is_found_in_every_operation() {
    let inputs = [
        get("pk", text("a")),
        erased(
            PutItemInput::builder()
                .table_name("t")
                .item("pk", text("a"))
                .item("x", text("b"))
                .build()
                .unwrap(),
        ),
        erased(
            UpdateItemInput::builder()
                .table_name("t")
                .key("pk", text("a"))
                .build()
                .unwrap(),
        ),
        erased(
            DeleteItemInput::builder()
                .table_name("t")
                .key("pk", text("a"))
                .build()
                .unwrap(),
        ),
    ];
    for input in inputs {
        assert_eq!(
            partitions(&input),
            [("t".to_owned(), token_of("a"))],
            "{input:?}"
        );
    }
}

#[test]
fn strings_numbers_and_bytes_are_keys() {
    let of = |value| Token::of_key(value).unwrap().value();
    let known = [
        (text("12"), of(KeyValue::Text("12"))),
        (
            AttributeValue::N("12".to_owned()),
            of(KeyValue::Number("12")),
        ),
        (
            AttributeValue::B(Blob::new([1, 2, 200])),
            of(KeyValue::Binary(&[1, 2, 200])),
        ),
    ];
    for (value, token) in known {
        assert_eq!(partitions(&get("pk", value)), [("t".to_owned(), token)]);
    }
}

#[test]
fn item_without_a_valid_key_has_no_partition() {
    for value in [
        AttributeValue::Bool(true),
        AttributeValue::N("twelve".to_owned()),
        AttributeValue::L(Vec::new()),
    ] {
        assert_eq!(partitions(&get("pk", value)), []);
    }
    assert_eq!(partitions(&get("PK", text("a"))), []);
    let unknown = GetItemInput::builder()
        .table_name("unknown")
        .key("pk", text("a"));
    assert_eq!(partitions(&erased(unknown.build().unwrap())), []);
}

#[test]
fn operations_on_no_single_partition_are_no_item_operations() {
    let inputs = [
        erased(ScanInput::builder().table_name("t").build().unwrap()),
        erased(
            GetItemInput::builder()
                .key("pk", text("a"))
                .build()
                .unwrap(),
        ),
        erased(PutItemInput::builder().table_name("t").build().unwrap()),
        erased(QueryInput::builder().build().unwrap()),
        erased(BatchGetItemInput::builder().build().unwrap()),
        erased(BatchWriteItemInput::builder().build().unwrap()),
        erased("nothing that the SDK has"),
    ];
    for input in inputs {
        assert!(ItemOperation::from_input(&input).is_none(), "{input:?}");
    }
}

#[test]
fn query_reads_the_partition_of_its_condition() {
    let query = QueryInput::builder()
        .table_name("t")
        .expression_attribute_values(":s", text("x"));
    let query = query.expression_attribute_values(":v", text("a"));
    let a = [("t".to_owned(), token_of("a"))];
    for expression in ["pk = :v", "pk = :v AND sk > :s", "sk = :s AND (:v = pk)"] {
        let input = query.clone().key_condition_expression(expression);
        assert_eq!(
            partitions(&erased(input.build().unwrap())),
            a,
            "{expression}"
        );
    }
    let named = query
        .clone()
        .expression_attribute_names("#n", "pk")
        .expression_attribute_names("#o", "sk");
    let input = named
        .clone()
        .key_condition_expression("#o = :s AND #n = :v");
    assert_eq!(partitions(&erased(input.build().unwrap())), a);

    for expression in [
        "sk = :s",
        "pk < :v",
        "pk = :missing",
        "#missing = :v",
        "#o = :v",
    ] {
        let input = named.clone().key_condition_expression(expression);
        assert_eq!(
            partitions(&erased(input.build().unwrap())),
            [],
            "{expression}"
        );
    }
    assert_eq!(partitions(&erased(named.build().unwrap())), []);
}

#[test]
fn legacy_query_reads_the_partition_of_its_condition() {
    let condition = |operator, values: Vec<AttributeValue>| {
        let condition = Condition::builder().comparison_operator(operator);
        condition
            .set_attribute_value_list(Some(values))
            .build()
            .unwrap()
    };
    let query = |condition: Condition| {
        let input = QueryInput::builder()
            .table_name("t")
            .key_conditions("pk", condition);
        partitions(&erased(input.build().unwrap()))
    };
    assert_eq!(
        query(condition(ComparisonOperator::Eq, vec![text("a")])),
        [("t".to_owned(), token_of("a"))]
    );
    assert_eq!(query(condition(ComparisonOperator::Eq, Vec::new())), []);
    assert_eq!(
        query(condition(ComparisonOperator::Lt, vec![text("a")])),
        []
    );
}

#[test]
fn index_query_has_the_key_of_the_index() {
    let query = QueryInput::builder().table_name("t").index_name("by_owner");
    let query = query.key_condition_expression("pk = :p AND owner = :o");
    let query = query
        .expression_attribute_values(":p", text("a"))
        .expression_attribute_values(":o", text("b"));
    let input = erased(query.build().unwrap());
    assert_eq!(partitions(&input), [("t".to_owned(), token_of("b"))]);
    ItemOperation::from_input(&input)
        .unwrap()
        .for_each_source(|source| assert_eq!(source.index, Some("by_owner")));
}

#[test]
fn batch_names_each_partition_as_often_as_it_occurs() {
    let keys = |attribute: &str, values: &[&str]| {
        let key = |value: &&str| HashMap::from([(attribute.to_owned(), text(value))]);
        values.iter().map(key).collect::<Vec<_>>()
    };
    let reads = |keys| {
        KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .build()
            .unwrap()
    };
    let input = BatchGetItemInput::builder()
        .request_items("t", reads(keys("pk", &["a", "b", "a"])))
        .request_items("other", reads(keys("id", &["a"])))
        .request_items("unknown", reads(keys("pk", &["a"])));
    let all = |named: &[(&str, &str)]| {
        let mut all: Vec<_> = named
            .iter()
            .map(|(table, key)| (table.to_string(), token_of(key)))
            .collect();
        all.sort();
        all
    };
    let input = erased(input.build().unwrap());
    assert_eq!(
        partitions(&input),
        all(&[("other", "a"), ("t", "a"), ("t", "a"), ("t", "b")])
    );
    assert!(ItemOperation::from_input(&input).unwrap().write().is_none());

    let put = |item| PutRequest::builder().set_item(Some(item)).build().unwrap();
    let delete = |key| DeleteRequest::builder().set_key(Some(key)).build().unwrap();
    let mut items = keys("pk", &["a", "b", "c"]).into_iter();
    let writes = vec![
        WriteRequest::builder()
            .put_request(put(items.next().unwrap()))
            .build(),
        WriteRequest::builder()
            .delete_request(delete(items.next().unwrap()))
            .build(),
        WriteRequest::builder()
            .put_request(put(keys("x", &["a"]).remove(0)))
            .build(),
        WriteRequest::builder().build(),
    ];
    let input = erased(
        BatchWriteItemInput::builder()
            .request_items("t", writes)
            .build()
            .unwrap(),
    );
    assert_eq!(partitions(&input), all(&[("t", "a"), ("t", "b")]));
    let operation = ItemOperation::from_input(&input).unwrap();
    assert_eq!(operation.write().unwrap().kind, WriteKind::Batch);
}

#[test]
fn reads_are_no_writes() {
    assert!(
        ItemOperation::from_input(&get("pk", text("a")))
            .unwrap()
            .write()
            .is_none()
    );
}
