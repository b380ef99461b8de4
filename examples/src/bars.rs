//! Bar charts of requests per node.

/// The length of the longest bar, in characters.
const LONGEST: u64 = 40;

/// Returns one line per node: its name, its requests, and a bar whose length is proportional to them.
///
/// ```
/// let chart = examples::bars([("127.0.0.1", 100), ("127.0.0.2", 50), ("127.0.0.3 (down)", 0)]);
/// assert_eq!(
///     chart,
///     "  127.0.0.1           100  ████████████████████████████████████████
///   127.0.0.2            50  ████████████████████
///   127.0.0.3 (down)      0
/// "
/// );
/// ```
pub fn bars(nodes: impl IntoIterator<Item = (impl Into<String>, u64)>) -> String {
    let nodes = nodes
        .into_iter()
        .map(|(name, requests)| (name.into(), requests));
    let nodes: Vec<(String, u64)> = nodes.collect();
    let most = nodes
        .iter()
        .map(|(_, requests)| *requests)
        .max()
        .unwrap_or_default();
    let width = nodes
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    nodes
        .iter()
        .map(|(name, requests)| {
            let length = (requests * LONGEST).div_ceil(most.max(1));
            let bar = "█".repeat(length.try_into().unwrap_or_default());
            let line = format!("  {name:width$}  {requests:>5}  {bar}");
            format!("{}\n", line.trim_end())
        })
        .collect()
}
