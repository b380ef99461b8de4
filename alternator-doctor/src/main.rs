//! The program `alternator-doctor`: finds out whether a ScyllaDB Alternator cluster and an application fit, and shows both
//! live.

mod arguments;
mod check;
mod connection;
mod top;

use arguments::{CheckArguments, Command, TopArguments, UsageError};
use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = Command::parse(lexopt::Parser::from_env(), |name| std::env::var_os(name));
    let result = match command {
        Ok(Command::Check(arguments)) => run_check(&arguments),
        Ok(Command::Top(arguments)) => run_top(&arguments).map(|()| ExitCode::SUCCESS),
        Ok(Command::Print(text)) => print(text).map(|()| ExitCode::SUCCESS),
        Err(UsageError { error, help }) => {
            eprintln!("error: {error}\n\nSee `{help}`.");
            return ExitCode::from(check::NOTHING_CHECKED);
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(check::NOTHING_CHECKED)
    })
}

fn run_check(arguments: &CheckArguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build()?;
    let report = runtime.block_on(check::run(arguments))?;
    // Look-ups of names on other threads are not waited for.
    runtime.shutdown_background();
    match arguments.json {
        true => print(&report.json()?)?,
        false => print(&report.text(is_coloured()))?,
    }
    Ok(ExitCode::from(report.exit_status()))
}

fn run_top(arguments: &TopArguments) -> Result<(), Box<dyn Error>> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err("`top` needs a terminal, for its screen and its keys; `check` does not".into());
    }
    // The screen is drawn on this thread, and requests are made on another: drawing delays no response.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    let result = runtime.block_on(top::run(arguments, is_coloured()));
    runtime.shutdown_background();
    result
}

/// True on a terminal whose user has not turned colours off (<https://no-color.org>).
fn is_coloured() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !no_colour
}

/// Prints a text. A closed output is an error, which ends the program.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", text.trim_end())?;
    output.flush()?;
    Ok(())
}
