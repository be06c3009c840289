//! Classic histograms: cumulative counts by upper edge, as Prometheus keeps them.

/// How many requests took at most how long, by upper edge. Without an infinite edge nobody knows how many there were.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// Ascending edges, counts that never fall.
    buckets: Vec<(f64, u64)>,
}

/// A quantile, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// As Prometheus' `histogram_quantile` gives it.
    pub value: f64,
    /// The edges of its bucket; `upper` is infinite in the last one, where `value` is `lower`.
    pub lower: f64,
    /// See `lower`.
    pub upper: f64,
    /// The value is no edge, but a guess between two.
    pub interpolated: bool,
}

impl Histogram {
    /// From (upper edge, cumulative count) in any order. A count below one of a lower edge is raised to it.
    pub fn new(buckets: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut buckets: Vec<_> = buckets.into_iter().filter(|(edge, _)| !edge.is_nan()).collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        buckets.dedup_by(|next, first| next.0 <= first.0);
        let mut most = 0;
        for (_, count) in &mut buckets {
            most = most.max(*count);
            *count = most;
        }
        Self { buckets }
    }

    /// Adds what another one has counted. Only edges of both stay, since only there the sum is known.
    pub fn add(&mut self, more: &Self) {
        if more.is_empty() {
            return;
        }
        if self.is_empty() {
            self.buckets.clone_from(&more.buckets);
            return;
        }
        self.buckets.retain_mut(|(edge, count)| {
            let theirs = more.cumulative_at(*edge);
            *count = count.saturating_add(theirs.unwrap_or_default());
            theirs.is_some()
        });
    }

    /// All requests.
    pub fn count(&self) -> u64 {
        self.cumulative_at(f64::INFINITY).unwrap_or_default()
    }

    /// Requests that took at most `edge`, if that is an edge.
    pub fn cumulative_at(&self, edge: f64) -> Option<u64> {
        let at = self.buckets.binary_search_by(|bucket| bucket.0.total_cmp(&edge)).ok()?;
        Some(self.buckets[at].1)
    }

    /// Requests that took longer than `edge`, if that is an edge.
    pub fn slower_than(&self, edge: f64) -> Option<u64> {
        self.cumulative_at(edge).map(|faster| self.count().saturating_sub(faster))
    }

    /// Ascending upper edges.
    pub fn edges(&self) -> impl Iterator<Item = f64> + '_ {
        self.buckets.iter().map(|bucket| bucket.0)
    }

    /// The time in which a share `q` of the requests is answered, if there are requests, an infinite edge and another.
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        let (&(last, count), finite) = self.buckets.split_last()?;
        if last < f64::INFINITY || finite.is_empty() || count == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = q * count as f64;
        let at = finite.partition_point(|bucket| (bucket.1 as f64) < rank);
        let below = at.checked_sub(1).map(|below| finite[below]);
        let Some(&(upper, within)) = finite.get(at) else {
            let lower = below?.0;
            return Some(Quantile { value: lower, lower, upper: f64::INFINITY, interpolated: true });
        };
        if below.is_none() && upper <= 0.0 {
            return Some(Quantile { value: upper, lower: f64::NEG_INFINITY, upper, interpolated: true });
        }
        let (lower, before) = below.unwrap_or((0.0, 0));
        let part = (rank - before as f64) / within.saturating_sub(before) as f64;
        let value = lower + (upper - lower) * part;
        let interpolated = rank < within as f64;
        value.is_finite().then_some(Quantile { value, lower, upper, interpolated })
    }

    fn is_empty(&self) -> bool {
        self.buckets.last().is_none_or(|bucket| bucket.1 == 0)
    }
}

impl Quantile {
    /// It lies in the last bucket: all that is known is that it is above `lower`.
    pub fn open(&self) -> bool {
        self.upper == f64::INFINITY
    }

    /// `limit` is in the same bucket, and too near to tell on which side of it the quantile is.
    pub fn undecided(&self, limit: f64) -> bool {
        let width = self.upper - self.lower;
        let within = self.lower < limit && limit < self.upper;
        self.interpolated && within && (self.open() || (self.value - limit).abs() < width / 10.0)
    }
}
