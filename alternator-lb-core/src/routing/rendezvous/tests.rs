use super::*;
use proptest::prelude::*;
use std::net::IpAddr;

const KEYS: usize = 100_000;

fn hash(last: u8) -> NodeHash {
    NodeHash::of(&Host::Ip([10, 0, 0, last].into()))
}

fn seats(last: impl IntoIterator<Item = u8>) -> Vec<NodeHash> {
    last.into_iter().map(hash).collect()
}

fn tokens() -> impl Iterator<Item = Token> {
    (0..KEYS).map(|key| Token::of_bytes(format!("user#{key}").as_bytes()))
}

fn choose<'a>(token: Token, nodes: impl IntoIterator<Item = &'a NodeHash>) -> Option<&'a NodeHash> {
    first_choice(token, nodes, |node| node)
}

/// Which node a request goes to that has several keys.
fn majority(tokens: impl IntoIterator<Item = Token>, nodes: &[NodeHash]) -> Option<&NodeHash> {
    let place = |token| {
        let choice = first_choice(token, nodes.iter().enumerate(), |(_, node)| *node);
        choice.map(|(place, _)| (token, place))
    };
    let choices = tokens.into_iter().filter_map(place);
    super::majority(choices, nodes, |node| node).map(|place| &nodes[place])
}

/// All choices of a key, as a plan makes them.
fn order(token: Token, nodes: &[NodeHash]) -> Vec<&NodeHash> {
    let mut left: Vec<&NodeHash> = nodes.iter().collect();
    let mut order = Vec::new();
    while let Some(choice) = choose(token, left.iter().copied()) {
        left.retain(|node| *node != choice);
        order.push(choice);
    }
    order
}

#[test]
fn the_order_is_what_it_has_always_been() {
    let nodes = seats(1..=5);
    let hosts = |token| {
        let last = |node: &&NodeHash| node.host.rsplit('.').next().unwrap().to_owned();
        order(Token::new(token), &nodes)
            .iter()
            .map(last)
            .collect::<Vec<_>>()
            .join(" ")
    };
    // Clients of other versions are out there: if this fails, put back what was changed.
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
fn a_node_is_known_by_its_address_however_that_is_written() {
    let of = |ip: &str| NodeHash::of(&Host::Ip(ip.parse::<IpAddr>().unwrap()));
    assert_eq!(of("::ffff:10.0.0.1"), hash(1));
    assert_eq!(of("2001:db8:0:0::1"), of("2001:db8::1"));
    assert_ne!(of("2001:db8::1"), of("2001:db8::2"));
}

#[test]
fn where_nobody_is_nobody_is_chosen() {
    assert_eq!(choose(Token::new(1), []), None);
    assert_eq!(majority([Token::new(1)], &seats([])), None);
    assert_eq!(majority([], &seats(1..=3)), None);
}

#[test]
fn addresses_with_the_same_hash_are_told_apart() {
    let twin = |host: &str| NodeHash {
        hash: 7,
        host: host.into(),
    };
    let (a, b) = (twin("10.0.0.1"), twin("10.0.0.2"));
    for token in [Token::new(0), Token::new(-9), Token::MAX] {
        assert_eq!(choose(token, [&a, &b]), Some(&a));
        assert_eq!(choose(token, [&b, &a]), Some(&a));
    }
}

#[test]
fn keys_are_spread_evenly_in_each_choice() {
    let nodes = seats(1..=12);
    for place in 0..3 {
        let mut counts = vec![0_usize; nodes.len()];
        for token in tokens() {
            let choice = order(token, &nodes)[place];
            counts[nodes.iter().position(|node| node == choice).unwrap()] += 1;
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
fn the_keys_of_a_node_that_is_out_are_shared_by_all_others() {
    let nodes = seats(1..=6);
    let mut counts = vec![0_usize; nodes.len()];
    for token in tokens().filter(|&token| choose(token, &nodes) == nodes.first()) {
        let second = choose(token, &nodes[1..]).unwrap();
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
fn a_node_that_joins_or_leaves_moves_its_own_keys_only() {
    let (fewer, more) = (seats(1..=11), seats(1..=12));
    let mut moved = 0;
    for token in tokens() {
        let (before, after) = (choose(token, &fewer), choose(token, &more));
        if before != after {
            assert_eq!(after, more.last());
            moved += 1;
        }
    }
    let share = KEYS / more.len();
    assert!(moved < share + share / 20, "{moved} of {KEYS}");
}

#[test]
fn several_keys_go_where_most_of_them_want_to() {
    let nodes = seats(1..=5);
    let of = |node: &NodeHash| {
        tokens()
            .filter(|&token| choose(token, &nodes) == Some(node))
            .take(3)
            .collect::<Vec<_>>()
    };
    let (many, few) = (of(&nodes[3]), of(&nodes[1]));
    let batch = few.iter().take(2).chain(&many).copied();
    assert_eq!(majority(batch, &nodes), nodes.get(3));

    let tie = [many[0], few[0]];
    let lower = tie.iter().min().unwrap();
    assert_eq!(
        majority(tie, &nodes),
        choose(*lower, [&nodes[1], &nodes[3]])
    );
}

proptest! {
    #[test]
    fn all_clients_agree_whatever_order_their_lists_have(
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
        let chosen = majority(keys.iter().copied(), &nodes);
        fastrand::Rng::with_seed(seed).shuffle(&mut keys);
        prop_assert_eq!(chosen, majority(keys, &shuffled));
    }

    #[test]
    fn the_order_without_a_node_is_the_order_with_it_left_out(
        token in any::<i64>(),
        count in 2_u8..30,
        gone in any::<prop::sample::Index>(),
    ) {
        let all = seats(1..=count);
        let gone = gone.get(&all);
        let others: Vec<NodeHash> = all.iter().filter(|node| *node != gone).cloned().collect();
        let mut expected = order(Token::new(token), &all);
        expected.retain(|node| *node != gone);
        prop_assert_eq!(order(Token::new(token), &others), expected);
    }
}
