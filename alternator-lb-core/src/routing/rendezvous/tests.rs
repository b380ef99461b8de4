use super::*;
use proptest::prelude::*;
use std::net::IpAddr;

const KEYS: usize = 100_000;

fn hash(last: u8) -> NodeHash {
    NodeHash::of(&Host::Ip([10, 0, 0, last].into()))
}

fn hashes(last: impl IntoIterator<Item = u8>) -> Vec<NodeHash> {
    last.into_iter().map(hash).collect()
}

fn tokens() -> impl Iterator<Item = Token> {
    (0..KEYS).map(|key| Token::of_bytes(format!("user#{key}").as_bytes()))
}

fn first<'a>(token: Token, nodes: impl IntoIterator<Item = &'a NodeHash>) -> Option<&'a NodeHash> {
    highest_weight(token, nodes, |node| node, |_| true)
}

/// The node of a request with several keys.
fn winner(tokens: impl IntoIterator<Item = Token>, nodes: &[NodeHash]) -> Option<&NodeHash> {
    let vote = |token| {
        let first = highest_weight(token, nodes.iter().enumerate(), |(_, node)| *node, |_| true);
        first.map(|(position, _)| (token, position))
    };
    let votes = tokens.into_iter().filter_map(vote);
    plurality(votes, nodes, |node| node).map(|position| &nodes[position])
}

/// All nodes in the order of a key.
fn order(token: Token, nodes: &[NodeHash]) -> Vec<&NodeHash> {
    let mut left: Vec<&NodeHash> = nodes.iter().collect();
    let mut order = Vec::new();
    while let Some(next) = first(token, left.iter().copied()) {
        left.retain(|node| *node != next);
        order.push(next);
    }
    order
}

#[test]
fn nodes_that_share_a_host_are_told_apart_by_their_ports() {
    let host = |last: u8| Host::Ip([10, 0, 0, last].into());
    let nodes = [(host(1), 1), (host(1), 2), (host(2), 1)];
    let hashes = NodeHash::of_all(&nodes);
    assert_ne!(hashes[0], hashes[1]);
    assert_eq!(
        hashes[2],
        NodeHash::of(&host(2)),
        "the port counts only where it is needed"
    );
    let mut counts = [0; 3];
    for token in tokens() {
        let node = first(token, &hashes).unwrap();
        counts[hashes.iter().position(|hash| hash == node).unwrap()] += 1;
    }
    assert!(
        counts.iter().all(|count| (30_000..37_000).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn order_never_changes_between_versions() {
    let nodes = hashes(1..=5);
    let hosts = |token| {
        let last = |node: &&NodeHash| node.host.rsplit('.').next().unwrap().to_owned();
        order(Token::new(token), &nodes)
            .iter()
            .map(last)
            .collect::<Vec<_>>()
            .join(" ")
    };
    // Clients of other versions are in use: if this fails, revert the change.
    let known = [0, 1, -1, i64::MAX, 8_893_630_619_691_575_734].map(hosts);
    assert_eq!(
        known,
        [
            "4 1 5 3 2",
            "2 4 3 5 1",
            "1 5 2 4 3",
            "5 3 2 1 4",
            "2 4 3 5 1"
        ]
    );
}

#[test]
fn hash_is_the_same_for_all_notations_of_an_address() {
    let of = |ip: &str| NodeHash::of(&Host::Ip(ip.parse::<IpAddr>().unwrap()));
    assert_eq!(of("::ffff:10.0.0.1"), hash(1));
    assert_eq!(of("2001:db8:0:0::1"), of("2001:db8::1"));
    assert_ne!(of("2001:db8::1"), of("2001:db8::2"));
}

#[test]
fn without_nodes_or_keys_there_is_no_node() {
    assert_eq!(first(Token::new(1), []), None);
    assert_eq!(winner([Token::new(1)], &hashes([])), None);
    assert_eq!(winner([], &hashes(1..=3)), None);
}

#[test]
fn address_decides_between_equal_hashes() {
    let twin = |host: &str| NodeHash {
        hash: 7,
        host: host.into(),
    };
    let (a, b) = (twin("10.0.0.1"), twin("10.0.0.2"));
    for token in [Token::new(0), Token::new(-9), Token::MAX] {
        assert_eq!(first(token, [&a, &b]), Some(&a));
        assert_eq!(first(token, [&b, &a]), Some(&a));
    }
}

#[test]
fn keys_are_even_over_the_nodes_at_each_position() {
    let nodes = hashes(1..=12);
    for position in 0..3 {
        let mut counts = vec![0_usize; nodes.len()];
        for token in tokens() {
            let node = order(token, &nodes)[position];
            counts[nodes.iter().position(|other| other == node).unwrap()] += 1;
        }
        let fair = KEYS / nodes.len();
        // The standard deviation is 1.05 % of the share.
        assert!(
            counts.iter().all(|count| count.abs_diff(fair) < fair / 20),
            "{counts:?}"
        );
    }
}

#[test]
fn keys_of_a_removed_node_are_even_over_the_others() {
    let nodes = hashes(1..=6);
    let mut counts = vec![0_usize; nodes.len()];
    for token in tokens().filter(|&token| first(token, &nodes) == nodes.first()) {
        let second = first(token, &nodes[1..]).unwrap();
        counts[nodes.iter().position(|node| node == second).unwrap()] += 1;
    }
    let fair = KEYS / 6 / 5;
    assert!(
        counts[1..]
            .iter()
            .all(|count| count.abs_diff(fair) < fair / 10),
        "{counts:?}"
    );
}

#[test]
fn node_that_joins_or_leaves_moves_only_its_own_keys() {
    let (fewer, more) = (hashes(1..=11), hashes(1..=12));
    let mut moved = 0;
    for token in tokens() {
        let (before, after) = (first(token, &fewer), first(token, &more));
        if before != after {
            assert_eq!(after, more.last());
            moved += 1;
        }
    }
    let share = KEYS / more.len();
    assert!(moved < share + share / 20, "{moved} of {KEYS}");
}

#[test]
fn node_of_several_keys_is_the_first_of_most_of_them() {
    let nodes = hashes(1..=5);
    let of = |node: &NodeHash| {
        tokens()
            .filter(|&token| first(token, &nodes) == Some(node))
            .take(3)
            .collect::<Vec<_>>()
    };
    let (many, few) = (of(&nodes[3]), of(&nodes[1]));
    let batch = few.iter().take(2).chain(&many).copied();
    assert_eq!(winner(batch, &nodes), nodes.get(3));

    let tie = [many[0], few[0]];
    let lower = tie.iter().min().unwrap();
    assert_eq!(winner(tie, &nodes), first(*lower, [&nodes[1], &nodes[3]]));
}

proptest! {
    #[test]
    fn order_is_independent_of_the_order_of_the_list(
        token in any::<i64>(),
        hosts in prop::collection::hash_set(any::<[u8; 4]>(), 1..20),
        keys in prop::collection::vec(any::<i64>(), 1..10),
        seed in any::<u64>(),
    ) {
        let nodes: Vec<NodeHash> = hosts.iter().map(|&ip| NodeHash::of(&Host::Ip(ip.into()))).collect();
        let mut shuffled = nodes.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(order(Token::new(token), &nodes), order(Token::new(token), &shuffled));

        let mut keys: Vec<Token> = keys.into_iter().map(Token::new).collect();
        let expected = winner(keys.iter().copied(), &nodes);
        fastrand::Rng::with_seed(seed).shuffle(&mut keys);
        prop_assert_eq!(expected, winner(keys, &shuffled));
    }

    #[test]
    fn removing_a_node_keeps_the_order_of_the_others(
        token in any::<i64>(),
        count in 2_u8..30,
        removed in any::<prop::sample::Index>(),
    ) {
        let all = hashes(1..=count);
        let removed = removed.get(&all);
        let others: Vec<NodeHash> = all.iter().filter(|node| *node != removed).cloned().collect();
        let mut expected = order(Token::new(token), &all);
        expected.retain(|node| *node != removed);
        prop_assert_eq!(order(Token::new(token), &others), expected);
    }
}
