//! A node as a single-server queue.

use std::collections::VecDeque;
use std::time::Duration;

/// The mean service time of an operation on an idle, healthy node. With it a node serves 125 operations a
/// second: far fewer than a real node, but the utilisation matters, and each operation has to be simulated.
pub(super) const SERVICE: Duration = Duration::from_millis(8);

/// A queue with one worker.
///
/// One worker is the hardest case, since simultaneous requests have to wait. A shard of ScyllaDB works so.
#[derive(Debug)]
pub struct Server<T> {
    /// The first request is in service.
    queue: VecDeque<T>,
    frozen: bool,
    /// The number of stops and freezes: ends of service that were scheduled in an earlier epoch are void.
    epoch: u32,
    /// The factor of all service times.
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
    /// Adds a request. Returns whether its service begins at once.
    #[must_use]
    pub fn enqueue(&mut self, request: T) -> bool {
        self.queue.push_back(request);
        self.queue.len() == 1 && !self.frozen
    }

    /// Ends the first service. Returns its request, and whether another service begins.
    pub fn complete(&mut self) -> (Option<T>, bool) {
        let served = self.queue.pop_front();
        (served, !self.queue.is_empty())
    }

    /// Draws a service time: exponentially distributed, as a mix of small and large requests.
    pub fn draw_service(&self, rng: &mut fastrand::Rng) -> Duration {
        self.service().mul_f64(-(1.0 - rng.f64()).ln())
    }

    /// Returns the approximate wait of a request that arrives now.
    pub fn queueing_delay(&self) -> Duration {
        let waiting = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        self.service() * waiting
    }

    fn service(&self) -> Duration {
        SERVICE.mul_f64(self.slow_down_factor)
    }

    /// Drops all requests, and returns them.
    pub fn stop(&mut self) -> Vec<T> {
        self.epoch += 1;
        self.frozen = false;
        self.queue.drain(..).collect()
    }

    /// Pauses service.
    pub fn freeze(&mut self) {
        self.epoch += 1;
        self.frozen = true;
    }

    /// Resumes service. Returns whether a service begins.
    pub fn thaw(&mut self) -> bool {
        self.frozen = false;
        !self.queue.is_empty()
    }

    /// Sets the factor of all service times.
    pub fn slow_down(&mut self, slow_down_factor: f64) {
        self.slow_down_factor = slow_down_factor;
    }

    /// Returns the current epoch.
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
    fn frozen_requests_resume_and_stopped_requests_are_lost() {
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
