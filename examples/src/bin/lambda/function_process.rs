//! A function in a process of its own, which can be frozen.

use crate::function::{Visit, Visits};
use crate::runtime_api::RuntimeApi;
use examples::{Error, verify};
use std::env;
use std::process::Command;
use std::time::Duration;
use tokio::process::{self, Child};
use tokio::time::{Instant, timeout};

/// The time after which a function is given up.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct FunctionProcess {
    api: RuntimeApi,
    started: Instant,
    // Ends the process when it is dropped.
    process: Child,
}

impl FunctionProcess {
    /// Starts this program as a function, with the variables that Lambda sets.
    pub(crate) async fn start(seeds: &[String], awaits_discovery: bool) -> Result<Self, Error> {
        let api = RuntimeApi::serve().await?;
        let mut command = process::Command::new(env::current_exe()?);
        command
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "visits")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("ALTERNATOR_SEEDS", seeds.join(","))
            .kill_on_drop(true);
        if awaits_discovery {
            command.env("AWAIT_DISCOVERY", "1");
        }
        Ok(Self {
            api,
            started: Instant::now(),
            process: command.spawn()?,
        })
    }

    /// The time since the process was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Invokes the function, and waits for its response.
    pub(crate) async fn invoke(&mut self, page: &str) -> Result<Visits, Error> {
        let page = page.to_owned();
        let event = serde_json::to_value(Visit { page })?;
        let response = timeout(PATIENCE, self.api.invoke(event)).await??;
        Ok(serde_json::from_value(response)?)
    }

    /// Stops the process as it is, as Lambda does after each response.
    pub(crate) fn freeze(&self) -> Result<(), Error> {
        self.signal("-STOP")
    }

    /// Has the process go on with an invocation that waits for it. Returns the time until its response.
    pub(crate) async fn thaw_and_invoke(
        &mut self,
        page: &str,
    ) -> Result<(Visits, Duration), Error> {
        let thawed = Instant::now();
        self.signal("-CONT")?;
        let visits = self.invoke(page).await?;
        Ok((visits, thawed.elapsed()))
    }

    fn signal(&self, signal: &str) -> Result<(), Error> {
        let id = self.process.id().ok_or("the function has ended")?;
        let status = Command::new("kill")
            .args([signal, &id.to_string()])
            .status()?;
        verify(status.success(), "the function cannot be signalled")
    }
}
