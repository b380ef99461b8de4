//! Looks a table up, beside the operation that wants to know.

use super::due::Claim;
use super::isolation::Defaults;
use super::{Definition, Table};
use crate::cluster::Cluster;
use crate::events;
use crate::internal::client::{CallError, Caller};
use alternator_lb_core::discovery::jittered;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How often a table is asked for in a row while no node answers.
const ATTEMPTS: u32 = 3;

/// How long is waited before the second attempt, and twice as long before each further; half of it by chance. What is
/// over in a moment, like a restart, is over by then.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How long a look-up takes at most. Four calls of half that time each would be a cluster in which nothing else is done
/// either.
const LIMIT: Duration = Duration::from_secs(30);

/// How old what is known may become. It is only for tables that others have changed, of which nothing else tells, and
/// makes one small request per table and process in that time, if the table is used.
const AGE: Duration = Duration::from_secs(10 * 60);

/// When who may not know is asked again. Permissions change when a person changes them.
const REFUSED: Duration = Duration::from_secs(5 * 60);

/// When a table that is not there is asked for again: whoever uses it is about to create it.
const MISSING: Duration = Duration::from_secs(5);

/// When a cluster that did not answer is asked again, by the first operation afterwards.
const SILENT: Duration = Duration::from_secs(30);

/// Has a table looked up as the operation is made whose settings these are, if that is due.
pub(crate) fn learn_if_due(
    cluster: &Arc<Cluster>,
    table: &Arc<Table>,
    components: &RuntimeComponents,
    config: &ConfigBag,
) {
    if cluster.errands().are_many() {
        return;
    }
    let Some(claim) = table.due.claim(cluster.now(), LIMIT) else {
        return;
    };
    // Where it is not possible, that is not tried again with each operation.
    if !cluster.errands().are_possible() {
        return;
    }
    let Some(caller) = Caller::of(cluster, components, config) else {
        return;
    };
    let flight = Flight {
        table: Arc::clone(table),
        claim,
    };
    let learning = learn(Arc::downgrade(cluster), caller, flight);
    cluster.errands().send(learning);
}

/// A look-up that is under way. One that goes with its runtime makes way for another.
#[derive(Debug)]
struct Flight {
    table: Arc<Table>,
    claim: Claim,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.table.due.release(self.claim);
    }
}

/// What a look-up brings.
#[derive(Debug)]
struct Learned {
    definition: Definition,
    /// Why it is not known how writes are isolated, if that matters.
    missing: Option<CallError>,
}

async fn learn(cluster: Weak<Cluster>, caller: Caller, flight: Flight) {
    let table = &flight.table;
    let learned = timeout(LIMIT, look_up(&cluster, &caller, table)).await;
    let learned = learned.unwrap_or_else(|elapsed| Err(CallError::Unreachable(elapsed.into())));
    let Some(cluster) = cluster.upgrade() else {
        return;
    };
    let Some(tables) = cluster.tables() else {
        return;
    };
    let pause = match &learned {
        Ok(learned) => match learned.missing {
            Some(CallError::Unreachable(_)) => SILENT,
            Some(CallError::Refused(_) | CallError::NotFound | CallError::NotUnderstood(_))
            | None => AGE,
        },
        Err(CallError::NotFound) => MISSING,
        Err(CallError::Unreachable(_)) => SILENT,
        Err(CallError::Refused(_) | CallError::NotUnderstood(_)) => REFUSED,
    };
    let now = cluster.now();
    if !table.due.done(flight.claim, now, now + jittered(pause)) {
        return;
    }
    match learned {
        Ok(learned) => {
            events::table_learned(table.name(), learned.definition.partition_key(None));
            table.learned(learned.definition);
            if let Some(error) = learned.missing.filter(is_worth_saying) {
                once(&tables.said.that_isolation_is_unknown, || {
                    events::isolation_not_learned(table.name(), &error);
                });
            }
        }
        // Its name may be a mistake, which the operations tell.
        Err(CallError::NotFound) => table.is_missing(),
        Err(error) if !is_worth_saying(&error) => {}
        Err(error) => once(&tables.said.that_keys_are_unknown, || {
            events::table_not_learned(table.name(), &error);
        }),
    }
}

/// That nobody answers is told target.
fn is_worth_saying(error: &CallError) -> bool {
    match error {
        CallError::Unreachable(_) => false,
        CallError::Refused(_) | CallError::NotFound | CallError::NotUnderstood(_) => true,
    }
}

fn once(said: &AtomicBool, say: impl FnOnce()) {
    if !said.swap(true, Ordering::Relaxed) {
        say();
    }
}

async fn look_up(
    cluster: &Weak<Cluster>,
    caller: &Caller,
    table: &Table,
) -> Result<Learned, CallError> {
    let definition = describe(caller, table).await?;
    let Some(defaults) = defaults(cluster) else {
        let missing = None;
        return Ok(Learned {
            definition,
            missing,
        });
    };
    let (rules, missing) = defaults.rules(caller, definition.resource()).await;
    let definition = definition.with_rules(rules);
    Ok(Learned {
        definition,
        missing,
    })
}

/// How the server isolates writes, if that matters.
fn defaults(cluster: &Weak<Cluster>) -> Option<Arc<Defaults>> {
    let cluster = cluster.upgrade()?;
    let tables = cluster.tables()?;
    tables
        .isolation_matters
        .then(|| Arc::clone(&tables.defaults))
}

async fn describe(caller: &Caller, table: &Table) -> Result<Definition, CallError> {
    let input = json!({"TableName": &**table.name()});
    let mut wait = FIRST_WAIT;
    let mut attempt = 1;
    loop {
        match caller.call("DescribeTable", &input).await {
            Err(CallError::Unreachable(_)) if attempt < ATTEMPTS => {
                sleep(wait.mul_f64(0.5 + 0.5 * fastrand::f64())).await;
                wait *= 2;
                attempt += 1;
            }
            Err(error) => return Err(error),
            Ok(answer) => {
                let odd = || CallError::NotUnderstood("a table without a partition key".to_owned());
                return Definition::parse(&answer).ok_or_else(odd);
            }
        }
    }
}

#[cfg(test)]
mod tests;
