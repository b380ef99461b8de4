use super::*;
use crate::faults::arguments::Arguments;
use crate::faults::results::BaselineRun;
use crate::nodes::Service;

fn measured(name: &str, contender: Contender, figures: Figures) -> FaultRun {
    FaultRun {
        case: FaultCase::named(name).unwrap(),
        contender,
        figures,
        throughput_series: Vec::new(),
        waiting: None,
        reported_state: None,
    }
}

fn results(measured: Vec<FaultRun>) -> Results {
    let mut results = Results::new(&Arguments::default());
    results.cases = measured.iter().map(|it| it.case).collect();
    results.contenders = vec![Contender::Sdk, Contender::Plugin];
    results.baselines = vec![BaselineRun {
        service: Service::open(3),
        contender: Contender::Plugin,
        figures: Figures {
            throughput: 20_000.0,
            ..Figures::default()
        },
    }];
    results.measured = measured;
    results
}

fn only_cell(measured: FaultRun) -> String {
    let results = results(vec![measured]);
    cell(&results, &results.measured[0])
}

#[test]
fn a_row_has_a_cell_for_each_contender() {
    let figures = Figures {
        throughput: 19_600.0,
        slowest: Duration::from_millis(12),
        slowest_ended: true,
        ..Figures::default()
    };
    let table = table(&results(vec![measured(
        "hangs",
        Contender::Plugin,
        figures,
    )]));
    let expected = "| what happens | SDK with endpoint_url | this plugin |\n\
                    | --- | --- | --- |\n\
                    | no fault | 0 per second | 20,000 per second |\n\
                    | a node hangs |  | 98 % · 0 failed · 12 ms |\n";
    assert_eq!(table, expected);
}

#[test]
fn note_says_whether_the_nodes_serve_https() {
    let mut results = results(Vec::new());
    assert!(!note(&results).contains("HTTPS"));
    results.setting.tls = true;
    assert!(note(&results).contains("All nodes serve HTTPS"));
}

#[test]
fn stuck_operations_are_reported() {
    let figures = Figures {
        stuck: 16,
        slowest: Duration::from_secs(9),
        slowest_ended: false,
        ..Figures::default()
    };
    let cell = only_cell(measured("hangs", Contender::Plugin, figures));
    assert_eq!(cell, "0 % · 0 failed, 16 stuck · over 9.0 s");
}

#[test]
fn request_share_of_node_1_is_reported_where_a_threshold_concerns_it() {
    let figures = Figures {
        throughput: 20_000.0,
        slowest_ended: true,
        share: Some(0.2),
        ..Figures::default()
    };
    let cell = only_cell(measured("throttled", Contender::Plugin, figures));
    assert_eq!(cell, "100 % · 0 failed · 0.0 ms · node 1 got 20 %");
}

#[test]
fn missing_recovery_is_reported() {
    let cell = only_cell(measured("all-dead", Contender::Plugin, Figures::default()));
    assert!(cell.starts_with("never back"), "{cell}");
}

#[test]
fn crash_with_too_few_requests_in_flight_is_reported() {
    let mut measured = measured("crash", Contender::Plugin, Figures::default());
    measured.waiting = Some(120);
    assert!(only_cell(measured).ends_with("only 120 in flight"));
}

#[test]
fn every_detail_row_has_as_many_cells_as_the_header() {
    let figures = Figures::default();
    let details = details(&results(vec![measured(
        "crash",
        Contender::Plugin,
        figures,
    )]));
    let cells: Vec<usize> = details
        .lines()
        .map(|line| line.matches('|').count())
        .collect();
    assert_eq!(cells, [17; 4]);
}
