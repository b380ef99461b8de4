//! The screen in the README.

use super::*;

/// A cluster of five nodes under load, one of which was killed, one slow and one restarted.
fn readme_model() -> Model {
    let mut model = Model::new(
        "/run/shop/alternator.sock".to_owned(),
        "the traffic of an application".to_owned(),
    );
    let url = |last: u64| format!("http://10.0.0.{last}:8000");
    for second in 0..=40_u64 {
        let wave = (second * 7 % 5) as f64 / 10.0;
        let node = |last: u64, rate: u64, latency: f64, p99: f64, share: f64| {
            json!({
                "url": url(last), "requests": second * rate, "latency_ms": latency, "latency_p99_ms": p99,
                "share": share, "in_flight": rate / 300 + second % 2, "in_state_for_ms": 3_600_000.0 * 26.0,
            })
        };
        let mut nodes = [
            node(1, 1_204, 0.6 + wave, 2.31, 0.319),
            node(2, 1_198, 0.7 + wave / 2.0, 2.19, 0.317),
            node(3, if second < 20 { 1_200 } else { 0 }, 0.8, 2.4, 0.0),
            node(
                4,
                811,
                if second < 28 { 0.8 + wave } else { 6.5 + wave },
                14.7,
                0.215,
            ),
            node(5, if second < 34 { 0 } else { 640 }, 0.9 + wave, 3.02, 0.15),
        ];
        if second >= 20 {
            nodes[2]["state"] = "down".into();
            nodes[2]["reason"] = "it cannot be connected".into();
            nodes[2]["in_state_for_ms"] = 20_000.0.into();
            nodes[2]["share"] = Value::Null;
        }
        nodes[4]["in_state_for_ms"] = 6_000.0.into();
        nodes[4]["is_in_slow_start"] = true.into();
        let event = |name: &str, node: u64, ago_ms: u64| json!({ "event": name, "ago_ms": ago_ms, "node": url(node) });
        let mut ejected = event("node_ejected", 3, 20_000);
        ejected["reason"] = "it cannot be connected".into();
        ejected["backoff_ms"] = 104.2.into();
        let events = match second {
            40 => json!([event("node_admitted", 5, 6_000), ejected]),
            _ => json!([]),
        };
        model.update(update(
            LAST - 40_000 + second * 1_000,
            nodes.to_vec().into(),
            events,
        ));
    }
    model.totals.stats.failovers = 3;
    model
}

#[test]
fn readme_has_this_screen() {
    let screen = screen(&mut readme_model(), (100, 16));
    assert!(README.contains(&screen), "the README lacks this:\n{screen}");
}
