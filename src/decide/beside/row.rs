//! Checks of others: runs of failures, and whether they have passed since a moment.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::decide::blame::onset::Looks;
use crate::model::beside::Look;
use crate::model::policy::ServicePolicy;
use crate::model::sample::{Outcome, Sample};

/// So many looks at one check are kept, and the first failure of the run at hand.
const KEPT: usize = 8;

/// Two looks that pass show a check to be well.
const PASSES: usize = 2;

/// Checks by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::decide) struct Rows(BTreeMap<String, Row>);

/// One check.
#[derive(Debug, Clone, Default, PartialEq)]
struct Row {
    looks: VecDeque<(Timestamp, bool)>,
    /// When the present run of failures began.
    failed_since: Option<Timestamp>,
    failed: u32,
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_news(&self, look: &Look) -> bool {
        self.0.get(&look.check).is_none_or(|row| row.is_news(look.at))
    }

    pub(super) fn take(&mut self, look: &Look) {
        self.0.entry(look.check.clone()).or_default().take(look.at, look.passed);
    }

    /// Since when one has failed so often in a row.
    pub(super) fn failing(&self, often: u32) -> Option<Timestamp> {
        let failing = self.0.values().filter(|row| row.failed >= often);
        failing.filter_map(|row| row.failed_since).min()
    }

    /// What they show of a trouble that began then.
    pub(super) fn looks(&self, onset: Timestamp) -> Looks {
        let rows = || self.0.values();
        if rows().any(|row| row.failed > 0) {
            return Looks::Failing;
        }
        if self.0.is_empty() {
            return Looks::Nothing;
        }
        if rows().all(|row| row.passed_since(onset) >= PASSES) { Looks::Well } else { Looks::Unclear }
    }

    /// Takes in a check of something that the service depends on. One that could not be made says nothing.
    pub(in crate::decide) fn depend(&mut self, sample: &Sample, policy: &ServicePolicy) {
        self.0.retain(|name, _| policy.dependencies.contains(name));
        let passed = match sample.outcome {
            Outcome::Ok => true,
            Outcome::Failed(_) => false,
            Outcome::Blind(_) => return,
        };
        if policy.dependencies.contains(&sample.check) {
            self.0.entry(sample.check.clone()).or_default().take(sample.began, passed);
        }
    }

    /// What each of them has shown: the run of failures at hand from its first on, and the newest looks.
    pub(super) fn told(&self) -> impl Iterator<Item = (&String, Vec<Look>)> {
        self.0.iter().map(|(check, row)| {
            let look = |(at, passed)| Look { check: check.clone(), at, passed };
            (check, row.all().map(look).collect())
        })
    }
}

impl Row {
    fn is_news(&self, at: Timestamp) -> bool {
        self.looks.back().is_none_or(|(last, _)| at > *last)
    }

    fn take(&mut self, at: Timestamp, passed: bool) {
        if !self.is_news(at) {
            return;
        }
        if self.looks.len() == KEPT {
            self.looks.pop_front();
        }
        self.looks.push_back((at, passed));
        if passed {
            (self.failed_since, self.failed) = (None, 0);
        } else {
            self.failed_since.get_or_insert(at);
            self.failed = self.failed.saturating_add(1);
        }
    }

    fn all(&self) -> impl Iterator<Item = (Timestamp, bool)> {
        let oldest = self.looks.front().map(|(at, _)| *at);
        let first = self.failed_since.filter(|since| oldest.is_some_and(|oldest| *since < oldest));
        first.map(|since| (since, false)).into_iter().chain(self.looks.iter().copied())
    }

    /// How often it has passed in a row, since a moment.
    fn passed_since(&self, onset: Timestamp) -> usize {
        self.looks.iter().rev().take_while(|(at, passed)| *passed && *at >= onset).count()
    }
}
