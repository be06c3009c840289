//! Every Prometheus that is asked, and which of them is asked for what.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Meter, Server};
use crate::config::{self, Measured};
use crate::probe::Tools;

/// All of them, by name.
#[derive(Debug, Clone, Default)]
pub struct Servers(BTreeMap<String, Arc<Server>>);

impl Servers {
    /// Connects to none yet.
    pub fn new(config: &BTreeMap<String, config::Prometheus>, tools: &Tools) -> Self {
        let server = |(name, config): (&String, &config::Prometheus)| {
            (name.clone(), Arc::new(Server::new(config, tools).named(name)))
        };
        Self(config.iter().map(server).collect())
    }

    /// The one that a stream is asked of, if there is one.
    pub fn of(&self, measured: &Measured) -> Option<&Arc<Server>> {
        self.0.get(&measured.server)
    }

    /// What each is asked for.
    pub fn asked<'a>(
        &self,
        measured: impl Iterator<Item = &'a Measured>,
    ) -> Vec<(Arc<Server>, Vec<Measured>)> {
        let mut asked: BTreeMap<&str, Vec<Measured>> = BTreeMap::new();
        for one in measured.filter(|one| Meter::new(one).is_some()) {
            asked.entry(&one.server).or_default().push(one.clone());
        }
        asked.into_iter().filter_map(|(name, all)| Some((Arc::clone(self.0.get(name)?), all))).collect()
    }
}
