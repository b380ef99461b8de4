use super::*;
use crate::discovery::simulated_network::{SimulatedNetwork, url};
use crate::discovery::{AddressTranslator, TranslationFuture};
use proptest::prelude::*;
use std::sync::Mutex;

/// The behaviour of a translator for each address, and the addresses that it was called for.
#[derive(Clone, Debug, Default)]
struct Script {
    answers: Arc<Mutex<HashMap<IpAddr, Answer>>>,
    calls: Arc<Mutex<Vec<u8>>>,
}

#[derive(Clone, Debug)]
enum Answer {
    Url(String),
    Error,
    Panic,
    Hang,
}

impl AddressTranslator for Script {
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
        let answer = self.answers.lock().unwrap().get(&node.address()).cloned();
        if let IpAddr::V4(address) = node.address() {
            self.calls.lock().unwrap().push(address.octets()[3]);
        }
        Box::pin(async move {
            match answer {
                Some(Answer::Url(url)) => Ok(url),
                Some(Answer::Error) | None => Err("no such container".into()),
                Some(Answer::Panic) => panic!("out of ports"),
                Some(Answer::Hang) => std::future::pending().await,
            }
        })
    }
}

fn listed(last: u8) -> IpAddr {
    [172, 17, 0, last].into()
}

fn number(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => panic!("{address} is not listed"),
    }
}

struct Harness {
    script: Script,
    translations: Translations,
    network: SimulatedNetwork,
}

impl Harness {
    fn new(allowed: &[&str]) -> Self {
        let networks: Vec<_> = allowed.iter().map(|&network| network.to_owned()).collect();
        let allowed = AllowedAddresses::in_networks(&networks).unwrap_or_default();
        let script = Script::default();
        let translator = SharedAddressTranslator::new(script.clone());
        Self {
            script,
            translations: Translations::new(translator, url(9), allowed),
            network: SimulatedNetwork::default(),
        }
    }

    fn answers(&self, last: u8, answer: Answer) {
        self.script
            .answers
            .lock()
            .unwrap()
            .insert(listed(last), answer);
    }

    fn translates(&self, last: u8, url: &str) {
        self.answers(last, Answer::Url(url.to_owned()));
    }

    fn calls(&self) -> Vec<u8> {
        let mut calls = take(&mut *self.script.calls.lock().unwrap());
        calls.sort_unstable();
        calls
    }

    fn network(&self) -> Network<'_> {
        Network {
            client: &self.network,
            nodes: &[],
        }
    }

    /// Returns the URLs of these listed nodes.
    async fn urls(&self, last: &[u8], seconds: u64) -> Vec<String> {
        let addresses: Vec<_> = last.iter().copied().map(listed).collect();
        let now = Duration::from_secs(seconds);
        let urls = self
            .translations
            .urls_of(&addresses, self.network(), now)
            .await;
        let mut urls: Vec<_> = urls.iter().map(NodeUrl::to_string).collect();
        urls.sort();
        urls
    }

    /// Returns the URLs that changed, where these were unhealthy.
    async fn renewed(&self, unhealthy: &[&str], seconds: u64) -> Vec<(String, String)> {
        let unhealthy = unhealthy.iter().map(|url| parse_seed(url).unwrap());
        let unhealthy = unhealthy.collect();
        let now = Duration::from_secs(seconds);
        let renamed = self
            .translations
            .renew(&unhealthy, self.network(), now)
            .await;
        let renamed = renamed
            .iter()
            .map(|(from, to)| (from.to_string(), to.to_string()));
        let mut renamed: Vec<_> = renamed.collect();
        renamed.sort();
        renamed
    }

    /// Returns the addresses and errors of the events since the last call.
    fn events(&self) -> Vec<(u8, String)> {
        let events = self.translations.take_events().into_iter();
        let events = events.map(|event| match event {
            TopologyEvent::TranslationFailed { address, error, .. } => {
                (number(address), error.to_string())
            }
            other => panic!("{other:?}"),
        });
        events.collect()
    }
}

const A: &str = "http://127.0.0.1:32768";
const B: &str = "http://127.0.0.1:32769";
const C: &str = "http://127.0.0.1:32770";

#[tokio::test]
async fn node_is_translated_once_and_again_after_it_has_left_the_list() {
    let harness = Harness::new(&[]);
    harness.translates(1, A);
    harness.translates(2, B);
    assert_eq!(harness.urls(&[1, 2], 0).await, [A, B]);
    assert_eq!(harness.calls(), [1, 2]);
    assert_eq!(harness.urls(&[2, 1], 100).await, [A, B]);
    assert_eq!(harness.calls(), [0_u8; 0]);

    harness.translations.retain([].into_iter());
    assert_eq!(harness.urls(&[1], 101).await, [A]);
    harness.translations.retain([].into_iter());
    assert_eq!(harness.urls(&[1, 2], 102).await, [A, B]);
    assert_eq!(harness.calls(), [2]);
}

#[tokio::test]
async fn failed_translation_is_told_once_and_tried_again_after_growing_pauses() {
    let harness = Harness::new(&[]);
    harness.translates(1, A);
    let mut called_at = Vec::new();
    for seconds in 0..100 {
        assert_eq!(harness.urls(&[1, 2], seconds).await, [A]);
        if harness.calls().contains(&2) {
            called_at.push(seconds);
        }
    }
    assert_eq!(called_at, [0, 1, 3, 7, 15, 31, 61, 91]);
    let failure = "the address translator failed (no such container)".to_owned();
    assert_eq!(harness.events(), [(2, failure.clone())]);
    assert_eq!(harness.translations.failures().len(), 1);

    harness.translates(2, B);
    assert_eq!(harness.urls(&[1, 2], 121).await, [A, B]);
    assert!(harness.translations.failures().is_empty());
    harness.answers(2, Answer::Error);
    assert_eq!(harness.renewed(&[B], 200).await, []);
    assert_eq!(
        harness.urls(&[1, 2], 201).await,
        [A, B],
        "the last good one is kept"
    );
    assert_eq!(harness.events(), [(2, failure)]);
}

#[tokio::test]
async fn unhealthy_node_is_translated_anew_with_growing_pauses_until_it_responds() {
    let harness = Harness::new(&[]);
    harness.translates(1, A);
    harness.translates(2, B);
    harness.urls(&[1, 2], 0).await;
    harness.calls();
    let mut called_at = Vec::new();
    for seconds in 10..40 {
        assert_eq!(harness.renewed(&[B], seconds).await, []);
        called_at.extend(harness.calls().iter().map(|last| (*last, seconds)));
    }
    assert_eq!(called_at, [(2, 10), (2, 12), (2, 16), (2, 24)]);

    harness.translates(2, C);
    assert_eq!(
        harness.renewed(&[B], 60).await,
        [(B.to_owned(), C.to_owned())]
    );
    assert_eq!(harness.urls(&[1, 2], 60).await, [A, C]);
    harness.renewed(&[], 61).await;
    harness.calls();
    harness.renewed(&[C], 100).await;
    harness.renewed(&[C], 101).await;
    assert_eq!(harness.calls(), [2, 2], "the pauses begin anew");
}

#[tokio::test(start_paused = true)]
async fn translator_that_hangs_or_panics_costs_only_its_node() {
    let harness = Harness::new(&[]);
    harness.translates(1, A);
    harness.answers(2, Answer::Hang);
    harness.answers(3, Answer::Panic);
    let before = tokio::time::Instant::now();
    assert_eq!(harness.urls(&[1, 2, 3], 0).await, [A]);
    assert_eq!(before.elapsed().as_secs(), TRANSLATION_TIMEOUT.as_secs());
    let expected = [
        (2, "the address translator returned nothing within 2s"),
        (3, "the address translator panicked (out of ports)"),
    ];
    assert_eq!(
        harness.events(),
        expected.map(|(last, text)| (last, text.to_owned()))
    );
    let before = tokio::time::Instant::now();
    assert_eq!(harness.urls(&[1, 2, 3], 0).await, [A]);
    assert_eq!(before.elapsed(), Duration::ZERO, "the pause is not over");
}

#[tokio::test]
async fn url_that_no_node_can_have_is_refused() {
    let refused = async |allowed: &[&str], url: &str| {
        let harness = Harness::new(allowed);
        harness.translates(1, url);
        assert_eq!(harness.urls(&[1], 0).await, [""; 0], "{url}");
        harness.translations.failures().remove(0).1
    };
    for url in [
        "",
        "10.0.0.1:8000",
        "http://10.0.0.1/path",
        "http://0.0.0.0:1",
        "http://10.0.0.1:0",
    ] {
        let error = refused(&[], url).await;
        assert!(matches!(*error, TranslationError::Invalid(_)), "{error}");
    }
    let error = refused(&[], "https://127.0.0.1:8043").await;
    assert!(matches!(*error, TranslationError::Scheme(_)), "{error}");
    let error = refused(&[], "http://dynamodb.us-east-1.amazonaws.com").await;
    assert!(matches!(*error, TranslationError::Aws(_)), "{error}");
    for url in ["http://10.1.0.1:8000", "http://db.example:8000"] {
        let error = refused(&["10.0.0.0/16"], url).await;
        assert!(matches!(*error, TranslationError::NotAllowed(_)), "{error}");
    }
    let harness = Harness::new(&["10.0.0.0/16"]);
    harness.translates(1, "http://10.0.0.1:32768");
    assert_eq!(
        harness.urls(&[1], 0).await,
        ["http://10.0.0.1:32768"],
        "the listed address need not be allowed"
    );
    let harness = Harness::new(&[]);
    harness.translates(1, "http://db.example:8000");
    assert_eq!(harness.urls(&[1], 0).await, ["http://db.example:8000"]);
}

#[tokio::test]
async fn listed_address_itself_is_refused_where_a_list_may_not_name_it() {
    let urls = async |text: &str, listed_by: NodeUrl| {
        let harness = Harness::new(&[]);
        let address: IpAddr = text.parse().unwrap();
        let url = url(9).at(address);
        let answers = &harness.script.answers;
        let answer = Answer::Url(url.to_string());
        answers.lock().unwrap().insert(address, answer);
        let network = Network {
            nodes: &[listed_by],
            ..harness.network()
        };
        let found = harness
            .translations
            .urls_of(&[address], network, Duration::ZERO)
            .await;
        for (_, error) in harness.translations.failures() {
            assert!(matches!(*error, TranslationError::Listed(_)), "{error}");
            assert!(found.is_empty());
        }
        found.contains(&url)
    };
    let remote = || parse_seed("http://10.0.0.9:8000").unwrap();
    for text in ["169.254.169.254", "fe80::1"] {
        assert!(
            !urls(text, remote()).await && !urls(text, url(9)).await,
            "{text}"
        );
    }
    for text in ["127.0.0.1", "::1"] {
        assert!(!urls(text, remote()).await, "{text} leads to this host");
        assert!(urls(text, url(9)).await, "{text} is where the others are");
    }
    assert!(urls("10.0.0.1", remote()).await);
}

#[tokio::test]
async fn second_node_with_the_same_url_is_left_out() {
    let harness = Harness::new(&[]);
    for last in [1, 2, 3] {
        harness.translates(last, A);
    }
    assert_eq!(harness.urls(&[3, 2], 0).await, [A]);
    assert_eq!(harness.urls(&[1, 2, 3], 10).await, [A]);
    let owner = harness.translations.listed_addresses();
    assert_eq!(owner[&parse_seed(A).unwrap()], listed(2), "the first stays");
    for (address, error) in harness.translations.failures() {
        assert!(
            matches!(&*error, TranslationError::Taken { other, .. } if *other == listed(2)),
            "{address}: {error}"
        );
    }
}

#[tokio::test]
async fn nodes_may_exchange_their_urls() {
    let harness = Harness::new(&[]);
    harness.translates(1, A);
    harness.translates(2, B);
    harness.urls(&[1, 2], 0).await;
    harness.translates(1, B);
    harness.translates(2, A);
    let exchanged = [(A, B), (B, A)].map(|(from, to)| (from.to_owned(), to.to_owned()));
    assert_eq!(harness.renewed(&[A], 10).await, exchanged);
    assert_eq!(harness.events(), []);
    assert_eq!(
        harness.translations.listed_addresses()[&parse_seed(A).unwrap()],
        listed(2)
    );
}

proptest! {
    /// Whatever the translator returns, no two nodes have one URL, and each URL is the last that was returned for its
    /// node or an earlier one.
    #[test]
    fn nodes_have_urls_of_their_own(rounds in prop::collection::vec(prop::collection::vec((1u8..5, 0u8..6), 1..5), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let harness = Harness::new(&[]);
            let mut returned: HashMap<IpAddr, HashSet<String>> = HashMap::new();
            for (round, answers) in rounds.into_iter().enumerate() {
                for (last, port) in answers {
                    let url = format!("http://127.0.0.1:{}", 32_768 + u32::from(port));
                    match port {
                        0 => harness.answers(last, Answer::Error),
                        _ => {
                            returned.entry(listed(last)).or_default().insert(url.clone());
                            harness.translates(last, &url);
                        }
                    }
                }
                let seconds = round as u64 * 60;
                harness.urls(&[1, 2, 3, 4], seconds).await;
                let all: HashSet<NodeUrl> = harness.translations.listed_addresses().into_keys().collect();
                let now = Duration::from_secs(seconds + 40);
                harness.translations.renew(&all, harness.network(), now).await;
                let state = harness.translations.state();
                let mut seen = HashSet::new();
                for (address, entry) in &state.entries {
                    if let Some(url) = &entry.url {
                        assert!(seen.insert(url.clone()), "{url} twice");
                        assert!(returned[address].contains(url.as_str()));
                    }
                }
            }
        });
    }
}
