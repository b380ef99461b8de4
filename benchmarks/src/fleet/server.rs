//! A node as a server: one thing after the other.

use std::collections::VecDeque;
use std::time::Duration;

/// How long an operation takes on the average where nothing has to be waited for and nothing is wrong. With it a node serves
/// a thousand a second: far fewer than a real one, but what counts is how busy it is, and each has to be simulated.
pub(super) const SERVICE: Duration = Duration::from_millis(1);

/// A queue, and one worker that takes its time.
///
/// One, since that is the hardest case: whatever comes at the same time has to wait. It is how a shard of ScyllaDB sees it.
#[derive(Debug)]
pub struct Server<T> {
    /// The first is being served.
    queue: VecDeque<T>,
    frozen: bool,
    /// How often it was stopped or frozen: an end of service that was announced in an earlier epoch does not come.
    epoch: u32,
    /// How many times as long as usual everything takes.
    slow_down_factor: f64,
}

impl<T> Default for Server<T> {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            frozen: false,
            epoch: 0,
            slow_down_factor: 1.0,
        }
    }
}

impl<T> Server<T> {
    /// A request comes. Rejoin whether its service begins at once.
    #[must_use]
    pub fn enqueue(&mut self, request: T) -> bool {
        self.queue.push_back(request);
        self.queue.len() == 1 && !self.frozen
    }

    /// The service that was begun first ends. Rejoin what was served, and whether another begins.
    pub fn complete(&mut self) -> (Option<T>, bool) {
        let served = self.queue.pop_front();
        (served, !self.queue.is_empty())
    }

    /// Draws how long the service that begins now takes: exponentially distributed, as a mix of small and large requests.
    pub fn draw_service(&self, rng: &mut fastrand::Rng) -> Duration {
        self.service().mul_f64(-(1.0 - rng.f64()).ln())
    }

    /// How long a request that came now would wait, about.
    pub fn queueing_delay(&self) -> Duration {
        let waiting = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        self.service() * waiting
    }

    fn service(&self) -> Duration {
        SERVICE.mul_f64(self.slow_down_factor)
    }

    /// Loses everything. Rejoin what there was.
    pub fn stop(&mut self) -> Vec<T> {
        self.epoch += 1;
        self.frozen = false;
        self.queue.drain(..).collect()
    }

    /// Stands still.
    pub fn freeze(&mut self) {
        self.epoch += 1;
        self.frozen = true;
    }

    /// Goes on. Rejoin whether a service begins.
    pub fn thaw(&mut self) -> bool {
        self.frozen = false;
        !self.queue.is_empty()
    }

    /// Becomes so many times as slow as usual.
    pub fn slow_down(&mut self, slow_down_factor: f64) {
        self.slow_down_factor = slow_down_factor;
    }

    /// In which epoch it is.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_served_in_the_order_in_which_they_come() {
        let mut server = Server::default();
        assert!(server.enqueue('a'));
        assert!(!server.enqueue('b'));
        assert_eq!(server.queueing_delay(), SERVICE * 2);
        assert_eq!(server.complete(), (Some('a'), true));
        assert_eq!(server.complete(), (Some('b'), false));
        assert!(server.enqueue('c'));
    }

    #[test]
    fn what_is_frozen_goes_on_later_and_what_is_stopped_is_lost() {
        let mut server = Server::default();
        assert!(server.enqueue('a'));
        server.freeze();
        assert!(!server.enqueue('b'));
        assert!(server.thaw());
        assert_eq!(server.stop(), ['a', 'b']);
        assert_eq!(server.epoch(), 2);
        server.freeze();
        assert!(!server.thaw());
    }

    #[test]
    fn services_take_as_long_on_the_average_as_they_should() {
        let mut server = Server::<()>::default();
        server.slow_down(10.0);
        let mut rng = fastrand::Rng::with_seed(1);
        let sum: Duration = (0..10_000).map(|_| server.draw_service(&mut rng)).sum();
        let mean = sum.as_secs_f64() / 10_000.0 / SERVICE.as_secs_f64();
        assert!((9.7..10.3).contains(&mean), "{mean}");
    }
}
