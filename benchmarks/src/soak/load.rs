//! The operations of a caller, each of which is checked.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, error::ProvideErrorMetadata};
use tokio::time;

use super::access::{Access, KEY, TABLE};
use super::check::{Counter, Items, NumberedIncrements, Version};
use super::setting::{INCREMENTS, ITEMS, LONGEST, PAUSE};
use super::shared::Shared;
use super::violation::Violation;

/// Makes one operation after the other, as one caller, and knows what they must return.
#[derive(Debug)]
pub(super) struct LoadGenerator {
    number: usize,
    rng: fastrand::Rng,
    operations: u64,
    items: Items,
    version: Version,
    increments: NumberedIncrements,
    /// The number of the first increment of the counter.
    first_increment: u64,
}

/// The result of a step: what failed is no violation, and leaves open whether it was executed.
type Step = Result<(), End>;

/// Why a step ended early.
enum End {
    /// With the kind of the error.
    Failed(String),
    Violated(Violation),
}

impl From<Violation> for End {
    fn from(violation: Violation) -> Self {
        Self::Violated(violation)
    }
}

type Item = HashMap<String, AttributeValue>;

impl LoadGenerator {
    pub(super) fn new(number: usize, seed: u64) -> Self {
        Self {
            number,
            rng: fastrand::Rng::with_seed(seed.wrapping_add(number as u64)),
            operations: 0,
            items: Items::default(),
            version: Version::default(),
            increments: NumberedIncrements::default(),
            first_increment: 0,
        }
    }

    /// Makes an operation, or a few that belong together, and checks them.
    pub(super) async fn call(&mut self, access: &Access, shared: &Shared) {
        match time::timeout(LONGEST, self.step(access, shared)).await {
            Ok(Ok(())) => drop(shared.succeeded.fetch_add(1, Ordering::Relaxed)),
            Ok(Err(End::Failed(kind))) => shared.failures().count(kind),
            Ok(Err(End::Violated(violation))) => shared.report(violation),
            Err(_) => shared.report(Violation::Stuck(LONGEST)),
        }
    }

    /// Waits some milliseconds.
    pub(super) async fn pause(&mut self) {
        time::sleep(PAUSE.mul_f64(2.0 * self.rng.f64())).await;
    }

    /// Checks everything that the caller has written. A read that fails is a violation: there are no faults any more.
    pub(super) async fn check_all(&self, client: &Client) -> Result<(), Violation> {
        match self.read_all(client).await {
            Ok(()) => Ok(()),
            Err(End::Failed(kind)) => Err(Violation::FailedRead(kind)),
            Err(End::Violated(violation)) => Err(violation),
        }
    }

    async fn read_all(&self, client: &Client) -> Step {
        for (key, expected) in self.items.all() {
            let item = read(client, key).await?;
            let found = item.as_ref().and_then(|item| number(item, "v"));
            Items::check(key, *expected, found)?;
        }
        self.check_version(client).await?;
        self.check_increments(client).await
    }

    async fn step(&mut self, access: &Access, shared: &Shared) -> Step {
        self.operations += 1;
        match self.rng.u8(..20) {
            0..6 => self.write_item(&access.client).await,
            6..12 => self.read_item(&access.client).await,
            12..14 => self.write_version(&access.client).await,
            14 => self.check_version(&access.client).await,
            15..17 => self.increment(&access.single).await,
            17 => self.check_increments(&access.client).await,
            _ => match self.rng.choice(&shared.counters) {
                Some(counter) => self.count(counter, &access.client).await,
                None => Ok(()),
            },
        }
    }

    async fn write_item(&mut self, client: &Client) -> Step {
        let (key, value) = (
            format!("item-{}-{}", self.number, self.operations),
            self.rng.u64(..),
        );
        let put = self.put(client, &key).item("v", n(value));
        put.send().await.map_err(failed)?;
        self.items.acknowledge(key, value);
        if let Some(old) = self.items.retire(ITEMS) {
            let delete = client.delete_item().table_name(TABLE).key(KEY, s(old));
            delete.send().await.map_err(failed)?;
        }
        Ok(())
    }

    async fn read_item(&mut self, client: &Client) -> Step {
        let Some((key, expected)) = self.items.get(self.rng.usize(..)) else {
            return Ok(());
        };
        let item = read(client, &key).await?;
        let found = item.as_ref().and_then(|item| number(item, "v"));
        Ok(Items::check(&key, expected, found)?)
    }

    async fn write_version(&mut self, client: &Client) -> Step {
        let version = self.version.next();
        let put = self.put(client, &self.version_key()).item("v", n(version));
        let put = put
            .condition_expression(format!("attribute_not_exists({KEY}) OR v < :v"))
            .expression_attribute_values(":v", n(version));
        match put.send().await {
            Ok(_) => {}
            // Only an earlier attempt of this write can have stored as new a version.
            Err(error) if is_condition(&error) => {}
            Err(error) => return Err(failed(error)),
        }
        self.version.acknowledge();
        Ok(())
    }

    async fn check_version(&self, client: &Client) -> Step {
        let key = self.version_key();
        let item = read(client, &key).await?;
        let found = item.as_ref().and_then(|item| number(item, "v"));
        Ok(self.version.check(&key, found)?)
    }

    /// Increments the caller's own counter without a condition, in one attempt.
    async fn increment(&mut self, single: &Client) -> Step {
        if self.increments.len() >= INCREMENTS {
            self.increments = NumberedIncrements::default();
            self.first_increment = self.operations;
        }
        let update = single
            .update_item()
            .table_name(TABLE)
            .key(KEY, s(self.increments_key()))
            .update_expression("ADD v :one, operations :operation")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(
                ":operation",
                AttributeValue::Ns(vec![self.operations.to_string()]),
            );
        let updated = update.send().await;
        updated.map_err(|error| match failed(error) {
            End::Failed(kind) => End::Failed(format!("{kind} of the only attempt")),
            violated @ End::Violated(_) => violated,
        })?;
        self.increments.acknowledge(self.operations);
        Ok(())
    }

    async fn check_increments(&self, client: &Client) -> Step {
        let key = self.increments_key();
        let item = read(client, &key).await?.unwrap_or_default();
        let operations = item.get("operations").and_then(|value| value.as_ns().ok());
        let operations = operations.into_iter().flatten();
        let operations: BTreeSet<u64> = operations.filter_map(|it| it.parse().ok()).collect();
        let count = number(&item, "v").unwrap_or(0);
        Ok(self.increments.check(&key, count, &operations)?)
    }

    /// Reads a counter that all callers share, and increments it if it is as it was.
    async fn count(&mut self, counter: &Counter, client: &Client) -> Step {
        let former = read_counter(counter, client).await?;
        let former = former.as_ref().and_then(|item| number(item, "v"));
        let mark = format!("last_of_{}", self.number);
        let update = client
            .update_item()
            .table_name(TABLE)
            .key(KEY, s(counter.key()))
            .update_expression("SET v = :next, #mark = :operation")
            .expression_attribute_names("#mark", &mark)
            .expression_attribute_values(":operation", n(self.operations))
            .expression_attribute_values(":next", n(former.unwrap_or(0) + 1));
        let update = match former {
            Some(former) => update
                .condition_expression("v = :former")
                .expression_attribute_values(":former", n(former)),
            None => update.condition_expression("attribute_not_exists(v)"),
        };
        counter.begin();
        match update.send().await {
            Ok(_) => counter.acknowledge(),
            Err(error) if is_condition(&error) => {
                // The counter only grows, so no attempt can be executed any more. An earlier one may have been.
                let item = read_counter(counter, client).await?;
                let last = item.as_ref().and_then(|item| number(item, &mark));
                match last == Some(self.operations) {
                    true => counter.acknowledge(),
                    false => counter.refuse(),
                }
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(())
    }

    /// Begins a write of an item that is large enough to be compressed, or not.
    fn put(&self, client: &Client, key: &str) -> PutItemFluentBuilder {
        let length = [0, 100, 1_200, 6_000]
            .get(self.operations as usize % 4)
            .copied();
        let text = "a text that repeats ".repeat(length.unwrap_or(0) / 20);
        client
            .put_item()
            .table_name(TABLE)
            .item(KEY, s(key))
            .item("text", s(text))
    }

    fn version_key(&self) -> String {
        format!("version-{}", self.number)
    }

    fn increments_key(&self) -> String {
        format!("increments-{}-{}", self.number, self.first_increment)
    }
}

async fn read(client: &Client, key: &str) -> Result<Option<Item>, End> {
    let get = client.get_item().table_name(TABLE).key(KEY, s(key));
    let got = get.consistent_read(true).send().await;
    got.map(|output| output.item).map_err(failed)
}

/// Reads a counter, and checks it.
async fn read_counter(counter: &Counter, client: &Client) -> Result<Option<Item>, End> {
    let least = counter.least();
    let item = read(client, counter.key()).await?;
    let found = item.as_ref().and_then(|item| number(item, "v"));
    counter.check(least, found.unwrap_or(0))?;
    Ok(item)
}

/// Returns the end of a step by an error: its code, or what the SDK calls it.
fn failed<E: ProvideErrorMetadata>(error: SdkError<E>) -> End {
    let kind = match &error {
        SdkError::ServiceError(_) => error.code().unwrap_or("unknown error"),
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "dispatch failure",
        SdkError::ResponseError(_) => "broken response",
        _ => "other",
    };
    End::Failed(kind.to_owned())
}

fn is_condition<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[cfg(test)]
mod tests;
