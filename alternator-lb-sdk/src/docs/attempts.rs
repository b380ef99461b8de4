//! Reading an error: which nodes an operation went to, what came back, and why it ended.
//!
//! # The text of an error
//!
//! The SDK says what failed, the plugin where. An operation that ends without a response has both in its text, as
//! `DisplayErrorContext` prints it:
//!
//! ```text
//! request has timed out: attempt 2 of 2 at http://10.0.0.2:8000: timed out after 1.001s (before: http://10.0.0.1:8000:
//! connection refused after 312.408µs); no retry, as the timeout of the operation has passed: operation timeout (all
//! attempts including retries) occurred after 1s
//! ```
//!
//! The kind of the error is the SDK's: the variant of `SdkError`, `is_timeout()`, `is_io()` and the others, the
//! metadata of the connection and the raw response are as without the plugin, and the SDK's own error is in the chain
//! of sources.
//!
//! # The attempts
//!
//! [`AttemptHistory::of`](crate::AttemptHistory::of) finds the attempts of any error, also of one that the server
//! returned:
//!
//! ```no_run
//! use alternator_lb_sdk::AttemptHistory;
//! use aws_sdk_dynamodb::error::DisplayErrorContext;
//!
//! # async fn example(client: aws_sdk_dynamodb::Client) {
//! if let Err(error) = client.list_tables().send().await {
//!     let attempts = AttemptHistory::of(&error).map(ToString::to_string);
//!     eprintln!("{}\n{}", DisplayErrorContext(&error), attempts.unwrap_or_default());
//! }
//! # }
//! ```
//!
//! ```text
//! 1. +0.000s http://10.0.0.1:8000, the next in round robin: connection refused after 312.408µs (not connected), at
//!    no cost; then another node
//! 2. +0.000s http://10.0.0.2:8000, the next in round robin: 500 InternalServerError after 1.204ms (server error);
//!    then another node
//! 3. +0.009s http://10.0.0.3:8000, the next in round robin: 500 InternalServerError after 1.117ms (server error); no
//!    retry, as the retries are used up
//! ```
//!
//! The second request of a [hedged read](crate::Builder::hedged_reads) is listed where its response came first, after
//! the one that it outran, and is no attempt of the SDK.
//!
//! Each line, which is folded here, has
//!
//! * when the attempt began, since the beginning of the operation;
//! * the node, and the [reason](crate::explain::Reason) for it;
//! * what [came back](crate::attempts::AttemptResult), and after which time;
//! * in brackets the [outcome](crate::observe::Outcome): what the plugin took this for. It decides on the
//!   [health](super::health) of the node and on the wait before a retry;
//! * "at no cost" if the attempt counts as none of those that the SDK's `RetryConfig` allows, since its request did not
//!   reach the node;
//! * the [next step](crate::attempts::NextStep).
//!
//! | the operation ends with | attempts are found by |
//! |---|---|
//! | `DispatchFailure`, `TimeoutError`, `ResponseError` | [`of`](crate::AttemptHistory::of), and [`find`](crate::AttemptHistory::find) in every error that has it as a source, as `aws_sdk_dynamodb::Error` |
//! | a [`RouteError`](crate::RouteError) after attempts | the same |
//! | `ServiceError` | `of` alone: `aws_sdk_dynamodb::Error` and `into_service_error()` drop the response, which has them |
//! | `ConstructionFailure`, a `RouteError` before any attempt | there are none |
//! | success, or a dropped future | an [`AttemptRecorder`](crate::AttemptRecorder) |
//!
//! # Why was there no further attempt?
//!
//! | [`NextStep`](crate::attempts::NextStep) | what to do |
//! |---|---|
//! | `NotRetryable` | The request is wrong, or refused: see the error's code. |
//! | `RetriesUsedUp` | Allow more by `RetryConfig::with_max_attempts`; look at the outcomes of the attempts first. |
//! | `QuotaEmpty` | Many operations are failing. The quota keeps their retries from doubling the load; it fills up as operations succeed. |
//! | `OperationTimedOut` | Compare the operation's timeout with the times of the attempts: one that hangs takes all of it where attempts have no timeout of their own. |
//! | `Dropped` | The application has dropped the future, as a `tokio::time::timeout` does. |
//!
//! # Operations that succeed
//!
//! An [`AttemptRecorder`](crate::AttemptRecorder) records the attempts of a single
//! [operation](crate::OperationOptions::record_attempts), or by its
//! [interceptor](crate::AttemptRecorder::interceptor) those of a client, paginators included. It can be read while
//! operations are under way, and after their futures were dropped.
//!
//! # What it costs
//!
//! Nothing, where no attempt fails and no recorder is set: an operation records from its first failed attempt on. A
//! record is a few hundred bytes; the last 32 of an operation are kept.
//!
//! # What it tells of the application
//!
//! The name of the operation, the URLs of nodes, the HTTP status and the code of the error. No table, key, item or
//! message: attempts may be logged. The SDK's own error, below them in the chain, has the server's message.
