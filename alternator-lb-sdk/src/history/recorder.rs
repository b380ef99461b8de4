//! Records the attempts of operations that the application names.

use super::{AttemptHistory, system_now};
use crate::cluster::Cluster;
use crate::request::{OperationOptions, plan_mut};
use alternator_lb_core::routing::{AttemptLog, SharedAttemptLog};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Records the attempts of operations, whether they succeed or not.
///
/// Use it to see which nodes an operation went to, in a test or while something is investigated. The errors of
/// operations need none: [`AttemptHistory::of`] finds their attempts.
///
/// It is given to a single operation by [`OperationOptions::record_attempts`]:
///
/// ```no_run
/// use alternator_lb_sdk::{AttemptRecorder, OperationExt as _, OperationOptions};
///
/// # async fn example(client: aws_sdk_dynamodb::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = AttemptRecorder::new();
/// let options = OperationOptions::new().record_attempts(&recorder);
/// client.list_tables().customize().alternator_options(options).send().await?;
/// for operation in recorder.take() {
///     println!("{}\n{operation}", operation.operation());
/// }
/// # Ok(())
/// # }
/// ```
///
/// A paginator takes no options. Its pages, and all operations of a client, are recorded by the recorder's
/// [interceptor](Self::interceptor).
///
/// It can be read at any time, also while operations are under way, and after their futures were dropped. Clones share
/// the records, and are equal. Operations on which the plugin's interceptor does not act are not recorded.
///
/// # Cost
///
/// Three allocations for each operation, and two readings of clocks. The last 256 operations are kept.
#[derive(Clone, Debug, Default)]
pub struct AttemptRecorder {
    operations: Arc<Mutex<VecDeque<RecordedOperation>>>,
}

/// The most operations that are kept: a few hundred KiB.
const MAX_OPERATIONS: usize = 256;

#[derive(Debug)]
struct RecordedOperation {
    name: Box<str>,
    log: SharedAttemptLog,
}

impl AttemptRecorder {
    /// A recorder without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The operations in the order in which they began, each with its attempts so far.
    #[must_use]
    pub fn operations(&self) -> Vec<AttemptHistory> {
        let operations = self.lock();
        operations.iter().map(RecordedOperation::history).collect()
    }

    /// The operation that began last, with its attempts so far. `None` if none was recorded.
    #[must_use]
    pub fn last(&self) -> Option<AttemptHistory> {
        self.lock().back().map(RecordedOperation::history)
    }

    /// Takes the operations out, like [`operations`](Self::operations). The later attempts of those that are under way
    /// are lost.
    #[must_use = "what is taken is no longer recorded"]
    pub fn take(&self) -> Vec<AttemptHistory> {
        let operations = std::mem::take(&mut *self.lock());
        operations.iter().map(RecordedOperation::history).collect()
    }

    /// An interceptor that records all operations of the configuration that it is added to.
    ///
    /// For a client, a part of whose operations may have options of their own:
    ///
    /// ```no_run
    /// use alternator_lb_sdk::AttemptRecorder;
    /// use aws_sdk_dynamodb::Client;
    ///
    /// # fn example(client: Client) {
    /// let recorder = AttemptRecorder::new();
    /// let config = client.config().to_builder().interceptor(recorder.interceptor());
    /// let recorded = Client::from_conf(config.build());
    /// # }
    /// ```
    #[must_use = "an interceptor does nothing until it is installed"]
    pub fn interceptor(&self) -> impl Intercept + use<> {
        RecordAttempts(self.clone())
    }

    /// Begins the record of an operation, whose plan has been made, if it has a recorder.
    pub(crate) fn begin(
        recorder: Option<Self>,
        cluster: &Cluster,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) {
        let Some(recorder) = recorder else {
            return;
        };
        let name = config.load::<Metadata>().map(Metadata::name);
        let name = name.unwrap_or_default().into();
        let log = AttemptLog::new(cluster.now(), system_now(components));
        let log = SharedAttemptLog::new(log);
        if let Some(plan) = plan_mut(config) {
            plan.log_attempts(log.clone());
        }
        let mut operations = recorder.lock();
        if operations.len() == MAX_OPERATIONS {
            operations.pop_front();
        }
        operations.push_back(RecordedOperation { name, log });
    }

    /// Nothing that holds the lock can panic.
    fn lock(&self) -> MutexGuard<'_, VecDeque<RecordedOperation>> {
        let operations = self.operations.lock();
        operations.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Recorders are equal if they share their records.
impl PartialEq for AttemptRecorder {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.operations, &other.operations)
    }
}

impl Eq for AttemptRecorder {}

impl RecordedOperation {
    fn history(&self) -> AttemptHistory {
        AttemptHistory::new(self.name.clone(), self.log.snapshot())
    }
}

#[derive(Debug)]
struct RecordAttempts(AttemptRecorder);

impl Intercept for RecordAttempts {
    fn name(&self) -> &'static str {
        "alternator-lb-sdk: recorder of attempts"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        OperationOptions::record(&self.0, config);
        Ok(())
    }
}
