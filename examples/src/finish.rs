//! How a program ends.

use crate::Error;
use std::error::Error as StdError;
use std::iter::successors;
use std::process::ExitCode;

/// The exit status of a program, which has told a person what went wrong if something did.
pub fn finish(done: Result<(), Error>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, each said once: many say what they are caused by themselves.
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

/// Fails if `claim` is false: each program checks what it shows, so that CI can run it as a test.
///
/// # Errors
///
/// If `claim` is false. `otherwise` says what that means.
pub fn verify(claim: bool, otherwise: &str) -> Result<(), Error> {
    match claim {
        true => Ok(()),
        false => Err(format!("this should not have happened: {otherwise}").into()),
    }
}
