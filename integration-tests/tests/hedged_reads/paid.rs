//! The properties of hedged reads, whichever way their client was made.

use super::*;

/// A client whose reads have paid for second requests, and that has made no request since.
pub(super) struct Paid {
    pub(super) alternator: Alternator,
    client: Client,
    table: Table,
}

impl Paid {
    pub(super) async fn new(cluster: &TestCluster) -> Self {
        let (alternator, client, table) = hedging_client(cluster).await;
        pay_for(&client, &table, 4).await;
        Self::of(cluster, alternator, client, table)
    }

    pub(super) fn of(
        cluster: &TestCluster,
        alternator: Alternator,
        client: Client,
        table: Table,
    ) -> Self {
        cluster.reset_counters();
        Self {
            alternator,
            client,
            table,
        }
    }

    pub(super) async fn expect_slow_read_to_be_outrun(self, cluster: &TestCluster) {
        let before = self.alternator.stats();
        cluster.node(1).inject(Fault::SlowOperations(HOUR));
        read_from_all(&self.client, &self.table).await;
        let stats = self.alternator.stats();
        assert!(stats.hedges_won() > before.hedges_won(), "{stats:?}");
        assert_eq!(in_flight(&self.alternator), 0);
        // The second request is no attempt of the SDK, and counts where it goes.
        assert_eq!(stats.retries_spared(), before.retries_spared());
        assert_eq!(stats.failovers(), before.failovers());
        let counted = stats.requests() - before.requests();
        assert_eq!(counted, 3 + stats.hedges() - before.hedges());
        assert_eq!(requests(cluster, "GetItem"), counted);
    }

    pub(super) async fn expect_writes_once(self, cluster: &TestCluster) {
        let before = self.alternator.stats().hedges();
        slow_down(cluster, DELAY * 3);
        for _ in 0..3 {
            let put = self.client.put_item().table_name(&self.table.name);
            let put = put.item("pk", s("a")).item("sk", s("b"));
            put.send().await.unwrap();
        }
        assert_eq!(self.alternator.stats().hedges(), before);
        assert_eq!(requests(cluster, "PutItem"), 3);
    }

    /// Makes reads one after the other, and returns once a second request is under way.
    async fn read_slowly(&self, reads: usize) -> JoinSet<()> {
        let before = self.alternator.stats().hedges();
        let (client, table) = (self.client.clone(), self.table.name.clone());
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            for _ in 0..reads {
                get(&client, &table).await.unwrap();
            }
        });
        eventually("a second request is under way", async || {
            self.alternator.stats().hedges() > before
        })
        .await;
        reading
    }

    /// Of two nodes the first never responds, and then dies; the second takes longer than that.
    pub(super) async fn expect_second_request_to_be_waited_for(self, cluster: &TestCluster) {
        let [first, second] = [cluster.node(0), cluster.node(1)];
        first.inject(Fault::SlowOperations(HOUR));
        second.inject(Fault::SlowOperations(DELAY * 2));
        let mut reading = self.read_slowly(2).await;
        first.stop();
        reading.join_next().await.unwrap().unwrap();
        assert_eq!(in_flight(&self.alternator), 0);
    }

    pub(super) async fn expect_dropped_read_to_leave_nothing(self, cluster: &TestCluster) {
        slow_down(cluster, HOUR);
        self.read_slowly(1).await.shutdown().await;
        assert_eq!(in_flight(&self.alternator), 0);
    }
}
