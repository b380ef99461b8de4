//! Exit status and error output of the programs.

use crate::Error;
use std::error::Error as StdError;
use std::iter::successors;
use std::process::ExitCode;

/// Prints the error, if there is one, and returns the exit status of the program.
pub fn finish(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Returns an error with its causes. Omits causes that are already part of the text, as many errors include theirs.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for error in successors(Some(error), |error| (*error).source()) {
        let layer = error.to_string();
        if text.is_empty() {
            text = layer;
        } else if !text.contains(&layer) {
            text = format!("{text}: {layer}");
        }
    }
    text
}

/// Checks a condition. Each program checks the results that it prints, so that CI can run it as a test.
///
/// # Errors
///
/// Returns `message` if `condition` is false.
pub fn verify(condition: bool, message: &str) -> Result<(), Error> {
    match condition {
        true => Ok(()),
        false => Err(format!("check failed: {message}").into()),
    }
}
