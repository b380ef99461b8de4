//! Counts instructions, by callgrind.

use std::process::Command;

use super::contender::Contender;
use super::costs::Costs;
use crate::Outcome;

/// Fills in the instructions: those of many operations less those of few, so that the start of the program does not
/// count.
pub(super) fn count(costs: &mut [Costs]) -> Outcome<()> {
    for costs in costs {
        let [few, many] = [FEW, MANY].map(|operations| run(costs.contender, operations));
        let instructions = many?.saturating_sub(few?);
        costs.instructions = Some(instructions as f64 / (MANY - FEW) as f64);
    }
    Ok(())
}

fn run(contender: Contender, operations: usize) -> Outcome<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["repeat", contender.name(), &operations.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let counted = collected(&text).filter(|_| output.status.success());
    counted.ok_or_else(|| format!("valgrind: {text}").into())
}

/// Reads the sum that callgrind prints at the end: `==7== Collected : 123456`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

const FEW: usize = 300;
const MANY: usize = 1300;

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn callgrind_total_is_parsed() {
        let text = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(collected(text), Some(123_456));
        assert_eq!(collected("==7== nothing\n"), None);
    }
}
