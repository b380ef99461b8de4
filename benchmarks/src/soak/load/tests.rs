use super::*;
use crate::soak::subject::Subject;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_smithy_runtime_api::client::interceptors::context::Input;

/// More operations than it takes to write, read and count many times.
const OPERATIONS: usize = 600;

/// Changes what is written on the way, so that an operation is acknowledged that was not executed as it was.
#[derive(Debug)]
struct Distortion(fn(&mut Input));

impl Intercept for Distortion {
    fn name(&self) -> &'static str {
        "distortion"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        (self.0)(context.inner_mut().input_mut().unwrap());
        Ok(())
    }
}

/// Returns the violation that a caller finds, if it does, whose writes are distorted.
async fn violation(distort: fn(&mut Input)) -> Option<Violation> {
    let subject = Subject::start(1).unwrap();
    let mut access = Access::new(subject.seeds(), "test".to_owned(), |it| it).unwrap();
    access.create_table().await.unwrap();
    for client in [&mut access.client, &mut access.single] {
        let config = client
            .config()
            .to_builder()
            .interceptor(Distortion(distort));
        *client = Client::from_conf(config.build());
    }
    let shared = Shared::new(1, subject.seeds());
    let mut caller = LoadGenerator::new(0, 1);
    for _ in 0..OPERATIONS {
        caller.call(&access, &shared).await;
        if shared.violation().is_some() {
            return shared.violation();
        }
    }
    let failures = shared.failures().to_string();
    assert_eq!(failures, "");
    let rest = caller.check_all(&access.client).await;
    rest.err()
}

fn value<'a>(values: &'a mut Option<Item>, name: &str) -> Option<&'a mut AttributeValue> {
    values.as_mut()?.get_mut(name)
}

#[tokio::test]
async fn healthy_cluster_has_no_violation() {
    assert_eq!(violation(|_| {}).await, None);
}

#[tokio::test]
async fn acknowledged_item_that_was_not_written_is_found() {
    let found = violation(|input| {
        let put = input.downcast_mut::<PutItemInput>();
        let key = put.and_then(|put| value(&mut put.item, KEY));
        if let Some(AttributeValue::S(key)) =
            key.filter(|key| key.as_s().unwrap().starts_with("item"))
        {
            key.push_str("-elsewhere");
        }
    });
    assert!(matches!(
        found.await,
        Some(Violation::LostWrite { found: None, .. })
    ));
}

#[tokio::test]
async fn acknowledged_version_that_was_not_written_is_found() {
    let found = violation(|input| {
        let put = input.downcast_mut::<PutItemInput>();
        let key = put.and_then(|put| value(&mut put.item, KEY));
        if let Some(AttributeValue::S(key)) =
            key.filter(|key| key.as_s().unwrap().starts_with("version"))
        {
            key.push_str("-elsewhere");
        }
    });
    assert!(matches!(
        found.await,
        Some(Violation::WrongVersion { found: None, .. })
    ));
}

#[tokio::test]
async fn increment_that_was_executed_twice_is_found() {
    let found = violation(|input| {
        let update = input.downcast_mut::<UpdateItemInput>();
        let one = update.and_then(|it| value(&mut it.expression_attribute_values, ":one"));
        if let Some(one) = one {
            *one = n(2);
        }
    });
    assert!(matches!(
        found.await,
        Some(Violation::DoubledIncrement { .. })
    ));
}

#[tokio::test]
async fn transaction_that_was_executed_twice_is_found() {
    let found = violation(|input| {
        let update = input.downcast_mut::<UpdateItemInput>();
        let next = update.and_then(|it| value(&mut it.expression_attribute_values, ":next"));
        if let Some(AttributeValue::N(next)) = next {
            *next = (next.parse::<u64>().unwrap() + 1).to_string();
        }
    });
    assert!(matches!(found.await, Some(Violation::WrongCount { .. })));
}
