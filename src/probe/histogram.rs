//! Classic histograms: growths of buckets, per histogram, added up to one.

use std::collections::BTreeMap;

use super::counters::{as_float, whole};
use crate::model::reading::Bucket;

/// More edges are not followed.
pub(super) const EDGES_MAX: usize = 500;

/// A bucket's upper edge. Ordered, which floats are not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge(pub(super) f64);

impl PartialEq for Edge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Edge {}

impl PartialOrd for Edge {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Edge {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Reads `le`.
pub(super) fn edge(le: &str) -> Option<Edge> {
    let edge = match le {
        "+Inf" | "Inf" | "inf" | "+inf" => f64::INFINITY,
        le => le.parse().ok()?,
    };
    (!f64::is_nan(edge) && edge != f64::NEG_INFINITY).then_some(Edge(edge))
}

/// Growths of the buckets of several histograms, by what tells the histograms apart.
#[derive(Debug, Default)]
pub(super) struct Histograms {
    of: BTreeMap<u64, BTreeMap<Edge, f64>>,
}

impl Histograms {
    pub(super) fn add(&mut self, histogram: u64, edge: Edge, by: f64) {
        *self.of.entry(histogram).or_default().entry(edge).or_default() += by.max(0.0);
    }

    /// Requests up to each edge, over all histograms. Where they have different edges, only those that all have can be
    /// added up; without the edge of infinity, a histogram does not say how many requests there were.
    fn sum(&self) -> Result<BTreeMap<Edge, f64>, String> {
        if self.of.values().any(|edges| !edges.contains_key(&Edge(f64::INFINITY))) {
            return Err("a histogram without the bucket le=\"+Inf\"".to_owned());
        }
        let mut grown: Vec<_> = self.of.values().filter(|edges| edges.values().any(|by| *by > 0.0)).collect();
        if grown.is_empty() {
            grown.extend(self.of.values().next());
        }
        let edges = grown.first().into_iter().flat_map(|edges| edges.keys().copied());
        let common = edges.filter(|edge| grown.iter().all(|edges| edges.contains_key(edge)));
        Ok(common.map(|edge| (edge, grown.iter().filter_map(|edges| edges.get(&edge)).sum())).collect())
    }
}

/// Requests that are waiting to be whole, from each edge to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting {
    bins: BTreeMap<Edge, f64>,
}

impl Waiting {
    /// Adds what has come and takes what is whole, cumulative again.
    pub(super) fn take(&mut self, come: &Histograms) -> Result<Vec<Bucket>, String> {
        let sum = come.sum()?;
        if sum.len() > EDGES_MAX {
            return Err(format!("a histogram of {} buckets; at most {EDGES_MAX} are followed", sum.len()));
        }
        self.bins.retain(|edge, _| sum.contains_key(edge));
        let (mut below, mut count, mut buckets) = (0.0_f64, 0_u64, Vec::new());
        for (edge, up_to) in sum {
            let bin = self.bins.entry(edge).or_default();
            // Rates of neighbouring buckets may be rounded past each other.
            *bin += (up_to - below).max(0.0);
            below = below.max(up_to);
            let whole = whole(*bin);
            *bin -= as_float(whole);
            count = count.saturating_add(whole);
            buckets.push(Bucket { le: edge.0, count });
        }
        Ok(buckets)
    }
}

#[cfg(test)]
mod tests;
