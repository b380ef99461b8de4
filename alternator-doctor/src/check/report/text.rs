//! The report for a person.

use super::{PROGRAM, Report};
use crate::check::finding::{Finding, Status};
use console::Style;

/// The number of lines of a finding's detail that are shown. JSON has them all.
const MAX_LINES: usize = 8;

/// The columns of a line: those of a terminal beside another window.
const WIDTH: usize = 100;

pub(super) fn render(report: &Report, is_coloured: bool) -> String {
    let bold = Style::new().bold().force_styling(is_coloured);
    let mut text = format!("{PROGRAM}: {}\n", report.seeds.join(", "));
    for group in report
        .groups
        .iter()
        .filter(|group| !group.findings.is_empty())
    {
        text.push_str(&format!("\n{}\n", bold.apply_to(group.title)));
        for finding in &group.findings {
            text.push_str(&lines(finding, is_coloured));
        }
    }
    let counts = Status::ALL.map(|status| {
        let words = match status {
            Status::Passed => "passed",
            Status::Warning => "warnings",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
        };
        let symbol = style(status, is_coloured).apply_to(status.symbol());
        format!("{symbol} {} {words}", report.count(status))
    });
    let requests = report.requests;
    text.push_str(&format!("\n{}; {requests} requests\n", counts.join(", ")));
    text
}

fn lines(finding: &Finding, is_coloured: bool) -> String {
    let symbol = style(finding.status, is_coloured).apply_to(finding.status.symbol());
    let dim = Style::new().dim().force_styling(is_coloured);
    let check = dim.apply_to(format!("[{}]", finding.check));
    let mut text = format!("  {symbol} {} {check}\n", finding.title);
    for line in finding.detail.iter().take(MAX_LINES) {
        text.push_str(&wrapped("      ", line));
    }
    let more = finding.detail.len().saturating_sub(MAX_LINES);
    if more > 0 {
        text.push_str(&format!("      … and {more} more (--json has them)\n"));
    }
    for line in &finding.advice {
        text.push_str(&wrapped("    → ", line));
    }
    text
}

/// The text in lines of [`WIDTH`], the first of which begins with `prefix`, and the others with as many spaces.
fn wrapped(prefix: &str, text: &str) -> String {
    let mut lines = prefix.to_owned();
    let indent = prefix.chars().count();
    let mut column = indent;
    for word in text.split_inclusive(' ') {
        let length = word.trim_end().chars().count();
        if column + length > WIDTH && column > indent {
            lines.truncate(lines.trim_end().len());
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        }
        lines.push_str(word);
        column += word.chars().count();
    }
    lines.truncate(lines.trim_end().len());
    lines.push('\n');
    lines
}

fn style(status: Status, is_coloured: bool) -> Style {
    let style = Style::new().force_styling(is_coloured);
    match status {
        Status::Passed => style.green(),
        Status::Warning => style.yellow(),
        Status::Failed => style.red(),
        Status::Skipped => style.dim(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Group;
    use super::*;

    fn report() -> Report {
        let finding = Finding::warning("some-check", "It may surprise");
        let finding = finding.detail((0..10).map(|line| format!("line {line}")));
        Report {
            groups: vec![Group {
                title: "Group",
                findings: vec![finding.advise("do this")],
            }],
            seeds: vec!["http://a:1".to_owned()],
            is_reachable: true,
            requests: 7,
        }
    }

    #[test]
    fn colours_are_the_only_difference_of_a_terminal() {
        let (plain, coloured) = (report().text(false), report().text(true));
        assert!(!plain.contains('\u{1b}'));
        assert!(coloured.contains("\u{1b}[33m!\u{1b}[0m"), "{coloured:?}");
        let pieces = coloured.split('\u{1b}');
        let without = pieces.map(|piece| match piece.strip_prefix('[') {
            Some(code) => code.split_once('m').unwrap().1,
            None => piece,
        });
        assert_eq!(without.collect::<String>(), plain);
    }

    #[test]
    fn long_lines_are_wrapped_between_words() {
        let text = wrapped("    → ", &"word ".repeat(30));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("    → word word") && lines[0].ends_with("word"));
        assert!(lines[1].starts_with("      word"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        let long = "x".repeat(200);
        assert_eq!(wrapped("  ", &long), format!("  {long}\n"));
    }

    #[test]
    fn long_details_are_cut() {
        let text = report().text(false);
        assert!(text.contains("line 7\n      … and 2 more"), "{text}");
        assert!(!text.contains("line 8"), "{text}");
        assert!(text.contains("    → do this\n"), "{text}");
    }
}
