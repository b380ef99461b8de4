//! Requests whose connections are found lost.

use super::super::generations::Generations;
use super::*;
use std::time::Duration;

/// A request whose connection may be found lost.
fn request_of(generations: &Arc<Generations>) -> HttpRequest {
    let signals = AbortSignals {
        ejected: None,
        generations: Some(Arc::clone(generations)),
    };
    request_with_signals(&TransportPresence::default(), signals)
}

const NOW: Duration = Duration::from_secs(1);

#[tokio::test]
async fn request_on_a_lost_connection_is_aborted() {
    let generations = Arc::default();
    let waits = unresponsive().call(request_of(&generations));
    generations.begin(NOW);
    let mut later = unresponsive().call(request_of(&generations));
    generations.end(NOW);
    let error = waits.await.unwrap_err();
    assert!(error.is_io());
    let source = error.source().and_then(|error| error.downcast_ref());
    assert_eq!(source, Some(&Abort::ConnectionLost));
    assert!(poll(&mut later).is_pending());
}

#[tokio::test]
async fn body_is_aborted_by_the_time_of_its_last_frame() {
    let generations = Arc::default();
    let call = responding_with(stalling("begun")).call(request_of(&generations));
    let mut body = call.await.unwrap().take_body();
    generations.begin(NOW);
    assert_eq!(generations.oldest(), Some(NOW));
    assert!(next(&mut body).await.unwrap().unwrap().is_data());
    assert_eq!(generations.oldest(), None, "it is of the current one");
    generations.end(NOW);
    generations.begin(2 * NOW);
    let (ended, ()) = tokio::join!(next(&mut body), async { generations.end(2 * NOW) });
    let error = ended.unwrap().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Abort::ConnectionLost));
}
